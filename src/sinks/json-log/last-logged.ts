import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSystem, ifThere, nodeFiles, unless } from '../../adapters/files/file-system.js';
import { furthest, readCarried } from './carried.js';
import { fencesUnderWay } from './fence.js';
import type { LastLine } from './log-content.js';
import { rotatedLogs } from './log-files.js';
import { readContent } from './read-content.js';
import { logPath } from './surroundings.js';

type Where = Readonly<{ directory: string; instance: string }>;

/** The log itself, or the place where a fence holds it at this moment. */
export const logPlaces = async (files: FileSystem, directory: string): Promise<readonly string[]> => {
  const held = (await fencesUnderWay(files, directory)).flatMap(({ holder }) => [join(holder, 'new'), join(holder, 'old')]);
  return [...held, logPath(directory)];
};

/** The files that hold an instance's lines, in the order of the lines: the rotated logs, then the log. */
export const logPaths = async ({ directory, instance }: Where): Promise<readonly string[]> => {
  const own = join(directory, instance);
  const rotated = await rotatedLogs(nodeFiles, own);
  for (const path of await logPlaces(nodeFiles, own))
    if ((await ifThere(nodeFiles.stat(path))) !== undefined) return [...rotated, path];
  return rotated;
};

/**
 * The last line of each partition in an instance's log and the rotated ones, by `partitionKey`, and how many lines the log has of it.
 * Only reads: a torn line at the end is left where it is, and not counted.
 * @throws BridgeError `integrity` for a broken line
 */
export const lastLogged = async ({ directory, instance }: Where): Promise<ReadonlyMap<string, LastLine>> => {
  const own = join(directory, instance);
  for (const path of await logPlaces(nodeFiles, own)) {
    const file = await ifThere(nodeFiles.open(path, 'r'));
    if (file === undefined) continue;
    try {
      const { offsets } = await readContent(nodeFiles, file, own);
      return furthest(offsets, await readCarried(nodeFiles, own));
    } finally {
      await file.close();
    }
  }
  return readCarried(nodeFiles, own);
};

/** The same for every instance that has a folder. */
export const instanceLogs = async (directory: string): Promise<ReadonlyMap<string, ReadonlyMap<string, LastLine>>> => {
  const logs = new Map<string, ReadonlyMap<string, LastLine>>();
  const entries = (await unless(['ENOENT'], readdir(directory, { withFileTypes: true }))) ?? [];
  for (const entry of entries)
    if (entry.isDirectory()) logs.set(entry.name, await lastLogged({ directory, instance: entry.name }));
  return logs;
};
