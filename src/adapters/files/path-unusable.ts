import { BridgeError, messageOf } from '../../core/errors.js';
import { errnoOf } from './file-system.js';

/**
 * What the system says of a path (`ENOTDIR`, `EACCES`, ...) is a matter of this machine and no defect: BridgeError `environment`
 * that names the path. Every other error stays as it is.
 */
export const pathUnusable = (error: unknown): unknown => {
  const path = typeof error === 'object' && error !== null && 'path' in error ? error.path : undefined;
  if (error instanceof BridgeError || typeof path !== 'string' || !/^E[A-Z0-9]+$/.test(errnoOf(error) ?? '')) return error;
  return new BridgeError({
    code: 'PATH_UNUSABLE',
    kind: 'environment',
    found: `Cannot use ${path}: ${messageOf(error)}.`,
    fix: 'Look at what is there and at the rights of this user, or set another place (STATE_DIR, CONSUMER_LOGS_DIR, ROWBRIDGE_HOME).',
    cause: error,
  });
};
