import { join } from 'node:path';
import { isLockLost } from '../../adapters/files/directory-lock.js';
import type { FileSystem } from '../../adapters/files/file-system.js';
import type { Processes } from '../../adapters/files/process-identity.js';
import { messageOf } from '../../core/errors.js';
import type { Row, SinkParts } from '../../core/pipeline.js';
import type { Sink } from '../../core/sink.js';
import { encodeBatch, type Lanes, linesText } from './encode-batch.js';
import { fileError, instanceInvalid } from './log-errors.js';
import { type Opened, openInstance } from './open-instance.js';
import { resumeInstance, stillClaimed } from './resume-instance.js';
import { logPath, type Surroundings, surroundingsOf } from './surroundings.js';

export { instanceLogs, instancesIn, lastLogged } from './last-logged.js';

export type JsonLogOptions = Pick<SinkParts, 'instance' | 'directory' | 'readRecordTimestamp' | 'log'> &
  Readonly<{
    /** The field that a deleted row's key stands in; default `id`. */
    keyField?: string;
    /** How long a worker that lost a partition may take to let go of it before its log is taken away; default one second. */
    graceMs?: number;
    /** A log that has grown to this is closed under a name with the time, and a new one begun; without it never. */
    rotateBytes?: number;
    /** Ends every wait. */
    signal?: AbortSignal;
    now?: () => Date;
    files?: FileSystem;
    processes?: Processes;
    pause?: (ms: number) => Promise<void>;
    unique?: () => string;
  }>;

export type JsonLog<T> = Sink<T> & Required<Pick<Sink<T>, 'open' | 'resume' | 'check' | 'close'>>;

const INSTANCE_NAME = /^[a-z0-9_-]+$/;

/** Runs one call after the other, whatever becomes of them. */
const oneByOne = (path: string): (<R>(call: () => Promise<R>) => Promise<R>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (call) => {
    const result = last.then(call).catch((error: unknown) => {
      throw fileError(path, error);
    });
    last = result.catch(() => {});
    return result;
  };
};

/** What the sink does, one call at a time. */
const session = <T extends object>(s: Surroundings, directory: string, options: JsonLogOptions): Omit<JsonLog<T>, 'check'> => {
  const { readRecordTimestamp, keyField = 'id', graceMs = 1_000, rotateBytes } = options;
  let opened: Opened | undefined;
  let lanes: Lanes = new Map();

  const open = async (): Promise<Opened> => {
    opened ??= await openInstance(s, directory, { graceMs, rotateBytes });
    return opened;
  };

  const close = async (): Promise<void> => {
    lanes = new Map();
    const closing = opened;
    opened = undefined;
    await closing?.close();
  };

  /** After a rotation: claims what it had, but for what others have claimed since. Whatever fails, the next write asks again. */
  const goOn = async (): Promise<void> => {
    lanes = new Map();
    try {
      const at = await open();
      lanes = (await resumeInstance(s, at, readRecordTimestamp, await stillClaimed(at))).lanes;
    } catch (error) {
      s.log.debug({ reason: messageOf(error) }, 'a log is not open again after its rotation');
      if (isLockLost(error)) await close();
    }
  };

  return {
    open: async () => void (await open()),
    close,
    async resume(assigned) {
      // Nothing may be written before it is known again what is logged.
      lanes = new Map();
      try {
        const resumed = await resumeInstance(s, await open(), readRecordTimestamp, assigned);
        lanes = resumed.lanes;
        return resumed.next;
      } catch (error) {
        if (isLockLost(error)) await close();
        throw error;
      }
    },
    async write(results) {
      if (results.length === 0) return;
      const batch = encodeBatch(results, lanes, keyField);
      const { log } = await open();
      await log.append(batch);
      for (const [lane, { offset }] of batch.lasts) lane.next = offset + 1n;
      if (await log.rotateIfDue()) await goOn();
    },
  };
};

/**
 * Appends one JSON object a line to `<directory>/<instance>/consumer_log.json`: every record exactly once in the logs of all
 * instances under the directory together, whoever is killed or stopped, and when.
 * @throws BridgeError `configuration` for an instance name that cannot be a folder's
 */
export const jsonLog = <T extends object = Row>(options: JsonLogOptions): JsonLog<T> => {
  const { instance, keyField } = options;
  if (!INSTANCE_NAME.test(instance)) throw instanceInvalid(instance);
  const directory = join(options.directory, instance);
  const inTurn = oneByOne(logPath(directory));
  const { open, resume, write, close } = session<T>(surroundingsOf(options), directory, options);
  return {
    open: () => inTurn(open),
    resume: (assigned) => inTurn(() => resume(assigned)),
    write: (results) => inTurn(() => write(results)),
    check: (results) => void linesText(results, keyField),
    close: () => inTurn(close),
  };
};
