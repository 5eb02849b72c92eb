import { join } from 'node:path';
import { atomicWrite } from '../../adapters/files/atomic-write.js';
import { ifThere } from '../../adapters/files/file-system.js';
import { BridgeError } from '../../core/errors.js';
import { fileError } from './log-errors.js';
import { openInstance } from './open-instance.js';
import { readContent } from './read-content.js';
import { REQUEST_FILE } from './rotation.js';
import { logPath, type Surroundings } from './surroundings.js';

export { type Audit, auditLogs, instancesIn } from './audit.js';
export { linesText } from './encode-batch.js';
export type { Finding } from './findings.js';
export type { ReadAgain } from './mend-log.js';
export { goneOf, type PartitionFacts, recordsOf } from './plan-repair.js';
export { type RepairPlan, repairLogs } from './repair-logs.js';
export { surroundingsOf } from './surroundings.js';

/** From which size and age on a log is rotated. */
export type RotateWhen = Readonly<{ bytes: number; olderThanMs: number }>;

export type RotateOutcome = Readonly<
  { kind: 'rotated'; file: string } | { kind: 'asked' } | { kind: 'left'; why: string } | { kind: 'none' }
>;

const ASK_MS = 5_000;
const LOOK_MS = 100;

/** A running worker is asked, and does it with its next write. */
const askWorker = async (s: Surroundings, directory: string): Promise<RotateOutcome> => {
  const path = join(directory, REQUEST_FILE);
  await atomicWrite(path, '', s.files);
  for (let waitedMs = 0; waitedMs < ASK_MS; waitedMs += LOOK_MS) {
    await s.pause(LOOK_MS);
    if ((await ifThere(s.files.stat(path))) === undefined) return { kind: 'rotated', file: logPath(directory) };
  }
  return { kind: 'asked' };
};

/** Time since the oldest of the last lines was put into the topic, and the size; undefined without a log. */
const measured = async (s: Surroundings, directory: string): Promise<Readonly<{ bytes: number; ageMs: number }> | undefined> => {
  const file = await ifThere(s.files.open(logPath(directory), 'r'));
  if (file === undefined) return undefined;
  try {
    const { bytes } = await readContent(s.files, file, directory);
    const first = Buffer.alloc(1 << 16);
    const { bytesRead } = await file.read(first, 0, first.length, 0);
    const timestamp = /"timestamp":(\d{1,16})/.exec(first.toString('latin1', 0, bytesRead))?.[1];
    return { bytes, ageMs: timestamp === undefined ? 0 : s.now().getTime() - Number(timestamp) };
  } finally {
    await file.close();
  }
};

/**
 * Closes the log of an instance under a name with the time, if it has grown so large or its first record is so old; that of a running
 * worker is rotated by the worker.
 * @throws BridgeError `integrity` for a broken line, `environment` when the directory cannot be written
 */
export const rotateInstance = async (s: Surroundings, directory: string, when: RotateWhen): Promise<RotateOutcome> => {
  try {
    const log = await measured(s, directory);
    if (log === undefined || log.bytes === 0) return { kind: 'none' };
    if (log.bytes < when.bytes) return { kind: 'left', why: `it has ${log.bytes} bytes` };
    if (log.ageMs < when.olderThanMs)
      return { kind: 'left', why: `its first record is ${Math.round(log.ageMs / 3_600_000)} hours old` };
    const opened = await openInstance(s, directory, { graceMs: 0 });
    try {
      const file = await opened.log.rotate();
      return file === undefined ? { kind: 'none' } : { kind: 'rotated', file };
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'LOG_LOCKED') return askWorker(s, directory);
    throw fileError(logPath(directory), error);
  }
};
