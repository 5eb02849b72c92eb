import { join } from 'node:path';
import { type FileSystem, nodeFiles } from '../../adapters/files/file-system.js';
import type { EndOffsets } from '../../core/broker.js';
import { BridgeError } from '../../core/errors.js';
import type { Pipeline, WorkerDefinition } from '../../core/pipeline.js';
import { logsAway, readCarried } from '../../sinks/json-log/carried.js';
import { instancesIn, jsonLog } from '../../sinks/json-log/index.js';
import { type LogPart, logParts, openPart } from '../../sinks/json-log/open-to-read.js';
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

type Listed = Readonly<{ instance: string; directory: string; parts: readonly LogPart[] }>;

/** A log that was taken over is copied, and both may be rotated: it is the first behind those that were rotated when it was listed. */
const heirOf = async ({ directory, parts }: Listed, files: FileSystem): Promise<LogPart | undefined> =>
  (await logParts(directory, files)).find(({ ino }) => !parts.some((before) => before.rotated && before.ino === ino));

/** The lines of one file, as far as it had come when it was listed. */
async function* linesOf(listed: Listed, part: LogPart, files: FileSystem): AsyncGenerator<Lines> {
  const { directory } = listed;
  let file = await openPart(directory, part, files);
  if (file === undefined && !part.rotated) {
    const heir = await heirOf(listed, files);
    if (heir === undefined) return;
    file = await openPart(directory, heir, files);
  }
  if (file === undefined) throw movedAway(directory);
  try {
    yield* wholeLines(file, directory, part.bytes);
  } finally {
    await file.close();
  }
}

const listLogs = async (logsDirectory: string, files: FileSystem): Promise<readonly Listed[]> => {
  const listed: Listed[] = [];
  for (const instance of await instancesIn(logsDirectory)) {
    const directory = join(logsDirectory, instance);
    listed.push({ instance, directory, parts: await logParts(directory, files) });
  }
  return listed;
};

/**
 * The logs of all instances under a directory. They are looked at twice, since workers go on, rotate logs and take partitions over
 * between one and the next: the first look tells what is sure, the second which files hold all that was logged before that.
 */
export const logFiles = async (logsDirectory: string, files: FileSystem = nodeFiles): Promise<readonly LogFile[]> => {
  const first = await listLogs(logsDirectory, files);
  const sure = new Map(first.flatMap(({ parts }) => parts.map(({ ino, bytes }) => [ino, bytes])));
  return (await listLogs(logsDirectory, files)).flatMap((listed) =>
    listed.parts.map((part) => ({
      instance: listed.instance,
      bytes: Math.min(sure.get(part.ino) ?? 0, part.bytes),
      lines: () => linesOf(listed, part, files),
    })),
  );
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
