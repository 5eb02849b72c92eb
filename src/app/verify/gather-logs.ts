import { join } from 'node:path';
import type { EndOffsets } from '../../core/broker.js';
import type { Pipeline, WorkerDefinition } from '../../core/pipeline.js';
import { instancesIn, jsonLog } from '../../sinks/json-log/index.js';
import { type LogPart, logParts, openPart, openToRead } from '../../sinks/json-log/open-to-read.js';
import { type Lines, wholeLines } from '../../sinks/json-log/whole-lines.js';
import type { LogEvidence, LogFile } from './evidence.js';

/** The worker that logs a topic: one whose sink is the JSON log itself. */
export const loggingWorker = ({ workers }: Pipeline, topic: string): WorkerDefinition | undefined =>
  workers.find(({ sink, from }) => (sink as unknown) === jsonLog && from.some(({ name }) => name === topic));

/** The lines of one file; a log that was taken over since is read in its new place. */
async function* linesOf(directory: string, { ino }: LogPart): AsyncGenerator<Lines> {
  const file = (await openPart(directory, ino)) ?? (await openToRead(directory));
  if (file === undefined) return;
  try {
    yield* wholeLines(file, directory);
  } finally {
    await file.close();
  }
}

/** The logs of all instances under a directory. */
export const logFiles = async (logsDirectory: string): Promise<readonly LogFile[]> => {
  const files: LogFile[] = [];
  for (const instance of await instancesIn(logsDirectory)) {
    const directory = join(logsDirectory, instance);
    for (const part of await logParts(directory))
      files.push({ instance, bytes: part.bytes, lines: () => linesOf(directory, part) });
  }
  return files;
};

export const gatherLogs = async (
  logsDirectory: string,
  { transform }: WorkerDefinition,
  committed: EndOffsets,
): Promise<LogEvidence> => ({ files: await logFiles(logsDirectory), transform, committed });
