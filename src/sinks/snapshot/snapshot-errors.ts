import { BridgeError, messageOf } from '../../core/errors.js';

export const saveFailed = (path: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'SNAPSHOT_WRITE_FAILED',
    kind: 'transient',
    found: cause instanceof BridgeError ? cause.found : `Cannot write ${path}: ${messageOf(cause)}.`,
    fix: 'Make room on its disk; the worker goes on by itself, and counts nothing twice.',
    cause,
  });

export const gone = (path: string): BridgeError =>
  new BridgeError({
    code: 'SNAPSHOT_GONE',
    kind: 'transient',
    found: `${path} was removed while the worker ran.`,
    fix: 'The worker counts everything again by itself.',
  });

export const uncountable = (path: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'SNAPSHOT_VALUE_UNCOUNTABLE',
    kind: 'record',
    found: `A value cannot be counted in ${path}: ${messageOf(cause)}.`,
    fix: 'Let the transform give it another form.',
    cause,
  });
