import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.js';
import { instancesOf, type Pipeline, tableFeeds } from '../core/pipeline.js';

const folders = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** Deletes what a pipeline has saved and logged. What a person keeps in the two folders stays. */
export const wipe = async ({ stateDirectory, logsDirectory }: Config, pipeline: Pipeline): Promise<void> => {
  for (const { name } of tableFeeds(pipeline)) await rm(join(stateDirectory, name), { recursive: true, force: true });
  const names = new Set(pipeline.workers.flatMap((worker) => [worker.name, ...instancesOf(worker)]));
  const prefixes = pipeline.workers.flatMap(({ instancePrefix }) => instancePrefix ?? []);
  for (const folder of await folders(logsDirectory))
    if (names.has(folder) || prefixes.some((prefix) => folder.startsWith(prefix)))
      await rm(join(logsDirectory, folder), { recursive: true, force: true });
};

/** Deletes what every pipeline has saved and logged, for servers whose data is deleted too. */
export const wipeAll = async ({ stateDirectory, logsDirectory }: Config): Promise<void> => {
  for (const directory of [stateDirectory, logsDirectory])
    for (const folder of await folders(directory)) await rm(join(directory, folder), { recursive: true, force: true });
};
