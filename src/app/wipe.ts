import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Pipeline } from '../core/pipeline.js';

/** What a person keeps in the two folders stays: only what a pipeline writes there is deleted. */
export const wipe = async ({ stateDirectory, logsDirectory }: Config, { feeds }: Pipeline): Promise<void> => {
  for (const { source } of feeds) await rm(join(stateDirectory, source.table), { recursive: true, force: true });
  const entries = await readdir(logsDirectory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries)
    if (entry.isDirectory()) await rm(join(logsDirectory, entry.name), { recursive: true, force: true });
};
