import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFiles, unless } from '../../adapters/files/file-system.js';
import { furthest, readCarried } from './carried.js';
import type { LastLine } from './log-content.js';
import { openToRead } from './open-to-read.js';
import { readContent } from './read-content.js';

type Where = Readonly<{ directory: string; instance: string }>;

/**
 * The last line of each partition in an instance's log and the rotated ones, by `partitionKey`, and how many lines the log has of it.
 * Only reads: a torn line at the end is left where it is, and not counted.
 * @throws BridgeError `integrity` for a broken line
 */
export const lastLogged = async ({ directory, instance }: Where): Promise<ReadonlyMap<string, LastLine>> => {
  const own = join(directory, instance);
  const file = await openToRead(own);
  if (file === undefined) return readCarried(nodeFiles, own);
  try {
    const { offsets } = await readContent(nodeFiles, file, own);
    return furthest(offsets, await readCarried(nodeFiles, own));
  } finally {
    await file.close();
  }
};

/** The instances that have a folder, by name. */
export const instancesIn = async (directory: string): Promise<readonly string[]> => {
  const entries = (await unless(['ENOENT'], readdir(directory, { withFileTypes: true }))) ?? [];
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
};

/** The same for every instance that has a folder. */
export const instanceLogs = async (directory: string): Promise<ReadonlyMap<string, ReadonlyMap<string, LastLine>>> => {
  const logs = new Map<string, ReadonlyMap<string, LastLine>>();
  for (const instance of await instancesIn(directory)) logs.set(instance, await lastLogged({ directory, instance }));
  return logs;
};
