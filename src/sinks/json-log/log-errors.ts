import { errnoOf } from '../../adapters/files/file-system.js';
import { BridgeError, messageOf } from '../../core/errors.js';

const NO_RIGHT = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR'];

const notWritable = (path: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'DIRECTORY_NOT_WRITABLE',
    kind: 'environment',
    found: `Cannot write ${path}: ${messageOf(cause)}.`,
    fix: 'Give this user the right to write there, or set another directory for the logs.',
    cause,
  });

export const writeFailed = (path: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'LOG_WRITE_FAILED',
    kind: 'transient',
    found: `Cannot write ${path}: ${errnoOf(cause) ?? messageOf(cause)}.`,
    fix: 'Make room on its disk; the worker goes on by itself, and no line is torn.',
    cause,
  });

/** What an error of the file system means for a log. Every other error stays as it is. */
export const fileError = (path: string, error: unknown): unknown => {
  const errno = error instanceof BridgeError ? undefined : errnoOf(error);
  if (errno === undefined || !/^E[A-Z0-9]+$/.test(errno)) return error;
  return NO_RIGHT.includes(errno) ? notWritable(path, error) : writeFailed(path, error);
};

const transient = (code: string, found: string, fix: string): BridgeError =>
  new BridgeError({ code, kind: 'transient', found, fix });

export const logFenced = (path: string): BridgeError =>
  transient(
    'LOG_FENCED',
    `${path} was taken over, removed or replaced during a write.`,
    'The worker opens it again and writes what is still wanted.',
  );

export const logChanged = (path: string): BridgeError =>
  transient(
    'LOG_CHANGED',
    `${path} was emptied or edited while the worker ran.`,
    'The worker reads it again and writes what is still wanted.',
  );

export const fenceBusy = (path: string): BridgeError =>
  transient('LOG_FENCE_BUSY', `${path} is being taken over by another worker.`, 'The worker waits and tries again by itself.');

export const notAssigned = (partition: string): BridgeError =>
  transient(
    'LOG_NOT_ASSIGNED',
    `A record of ${partition} was to be logged by a worker that has not asked for it.`,
    'The worker asks again by itself.',
  );

export const alreadyLogged = (partition: string, offset: bigint): BridgeError =>
  transient(
    'LOG_OFFSET_LOGGED',
    `Offset ${offset} of ${partition} is in the logs already.`,
    'The worker leaves it out by itself.',
  );

export const waitAborted = (): BridgeError => transient('LOG_WAIT_ABORTED', 'The program is stopping.', '');

export const logBroken = (path: string, line: number): BridgeError =>
  new BridgeError({
    code: 'LOG_BROKEN',
    kind: 'integrity',
    found: `Line ${line} of ${path} is not a line that rowbridge wrote, and it is not the last.`,
    fix: `Look at it, then run 'rowbridge logs repair'.`,
  });

export const tooBroken = (directory: string, most: number): BridgeError =>
  new BridgeError({
    code: 'LOG_TOO_BROKEN',
    kind: 'integrity',
    found: `The logs in ${directory} are damaged in ${most} places or more: too many to mend one by one.`,
    fix: 'Set them aside and replay: the records are in the topic.',
  });

export const logsMovedAway = (directory: string, names: readonly string[]): BridgeError =>
  new BridgeError({
    code: 'LOGS_MOVED_AWAY',
    kind: 'environment',
    found: `Rotated logs of ${directory} are not there: ${names.join(', ')}. Without them nobody can tell which records are logged.`,
    fix: 'Put them back (unpacked) for the repair.',
  });

export const valueUnwritable = (at: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'LOG_VALUE_UNWRITABLE',
    kind: 'record',
    found: `The value at ${at} cannot be written as JSON: ${messageOf(cause)}.`,
    fix: 'Let the transform give it another form.',
    cause,
  });

export const instanceInvalid = (instance: string): BridgeError =>
  new BridgeError({
    code: 'INSTANCE_NAME_INVALID',
    kind: 'configuration',
    found: `'${instance}' cannot be the name of an instance: it names a folder.`,
    fix: 'Use lower-case letters, digits, _ and - only.',
  });
