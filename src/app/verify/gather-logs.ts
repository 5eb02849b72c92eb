import { join } from 'node:path';
import { nodeFiles } from '../../adapters/files/file-system.js';
import type { EndOffsets } from '../../core/broker.js';
import { BridgeError } from '../../core/errors.js';
import type { Pipeline, WorkerDefinition } from '../../core/pipeline.js';
import { logsAway, readCarried } from '../../sinks/json-log/carried.js';
import { instancesIn, jsonLog } from '../../sinks/json-log/index.js';
import { type LogPart, logParts, openPart, openToRead } from '../../sinks/json-log/open-to-read.js';
import { type Lines, wholeLines } from '../../sinks/json-log/whole-lines.js';
import type { LogEvidence, LogFile } from './evidence.js';

/** The worker that logs a topic: one whose sink is the JSON log itself. */
export const loggingWorker = ({ workers }: Pipeline, topic: string): WorkerDefinition | undefined =>
  workers.find(({ sink, from }) => (sink as unknown) === jsonLog && from.some(({ name }) => name === topic));

/** Rerun, the verification finds it away from the beginning. */
const movedAway = (directory: string): BridgeError =>
  new BridgeError({
    code: 'LOG_MOVED_AWAY',
    kind: 'transient',
    found: `A rotated log in ${directory} was packed or moved away while it was to be read.`,
    fix: 'Run the command again.',
  });

/** The lines of one file; a log that was taken over since is read in its new place. */
async function* linesOf(directory: string, part: LogPart): AsyncGenerator<Lines> {
  const file = (await openPart(directory, part)) ?? (part.rotated ? undefined : await openToRead(directory));
  if (file === undefined) {
    if (part.rotated) throw movedAway(directory);
    return;
  }
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

/** Rotated logs that are not there any more, and how far at most the lines of a topic in them reach. */
const awayLogs = async (logsDirectory: string, topic: string): Promise<LogEvidence['away']> => {
  const files: string[] = [];
  const upTo = new Map<number, number>();
  for (const instance of await instancesIn(logsDirectory)) {
    const directory = join(logsDirectory, instance);
    const names = await logsAway(nodeFiles, directory);
    if (names.length === 0) continue;
    files.push(...names.map((name) => join(instance, name)));
    for (const [key, { offset }] of await readCarried(nodeFiles, directory)) {
      if (!key.startsWith(`${topic}/`)) continue;
      const partition = Number(key.slice(topic.length + 1));
      upTo.set(partition, Math.max(upTo.get(partition) ?? -1, Number(offset)));
    }
  }
  return { files, upTo };
};

/** All that the logs of a worker have to say of a topic. */
export const gatherLogs = async (
  logsDirectory: string,
  { name, transform }: WorkerDefinition,
  topic: string,
  committed: EndOffsets,
): Promise<LogEvidence> => ({
  files: await logFiles(logsDirectory),
  group: name,
  away: await awayLogs(logsDirectory, topic),
  transform,
  committed,
});
