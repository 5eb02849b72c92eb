import { join } from 'node:path';
import { type FileSystem, ifThere, nodeFiles, type OpenFile } from '../../adapters/files/file-system.js';
import { fencesUnderWay } from './fence.js';
import { rotatedLogs } from './log-files.js';
import { logPath } from './surroundings.js';

/** A fence may end and the next begin between two looks. */
const LOOKS = 5;

/** The log itself, or the place where a fence holds it at this moment. */
export const logPlaces = async (files: FileSystem, directory: string): Promise<readonly string[]> => {
  const held = (await fencesUnderWay(files, directory)).flatMap(({ holder }) => [join(holder, 'new'), join(holder, 'old')]);
  return [...held, logPath(directory)];
};

/** Opens the log of an instance's directory for reading, wherever a fence holds it; undefined when there is none. */
export const openToRead = async (directory: string, files: FileSystem = nodeFiles): Promise<OpenFile | undefined> => {
  for (let look = 0; look < LOOKS; look++)
    for (const path of await logPlaces(files, directory)) {
      const file = await ifThere(files.open(path, 'r'));
      if (file !== undefined) return file;
    }
  return undefined;
};

/** One file with an instance's lines, by the number that it keeps when it is rotated. It never gets shorter. */
export type LogPart = Readonly<{ ino: number; bytes: number; rotated: boolean }>;

/** Opens the log, or a rotated one, whichever it is by now; undefined when it is gone, or moved between the looks. */
export const openPart = async (
  directory: string,
  { ino, bytes }: LogPart,
  files: FileSystem = nodeFiles,
): Promise<OpenFile | undefined> => {
  for (const path of [...(await rotatedLogs(files, directory)).toReversed(), ...(await logPlaces(files, directory))]) {
    const file = await ifThere(files.open(path, 'r'));
    if (file === undefined) continue;
    const found = await file.stat();
    // The number of a file that is gone may be given to another.
    if (found.ino === ino && found.size >= bytes) return file;
    await file.close();
  }
  return undefined;
};

/** The files that hold an instance's lines, in the order of the lines: the rotated logs, then the log. */
export const logParts = async (directory: string, files: FileSystem = nodeFiles): Promise<readonly LogPart[]> => {
  // The log comes first: all that was rotated before it was opened is found afterwards, it itself perhaps among it.
  const current = await openToRead(directory, files);
  try {
    const parts: LogPart[] = [];
    const log = await current?.stat();
    for (const path of await rotatedLogs(files, directory)) {
      // One that is moved away at this moment is missing from now on.
      const found = await ifThere(files.stat(path));
      if (found !== undefined) parts.push({ ino: found.ino, bytes: found.size, rotated: true });
    }
    if (log === undefined || parts.some(({ ino }) => ino === log.ino)) return parts;
    return [...parts, { ino: log.ino, bytes: log.size, rotated: false }];
  } finally {
    await current?.close();
  }
};
