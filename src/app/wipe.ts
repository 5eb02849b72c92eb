import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.js';
import { instancesOf, type Pipeline, tableFeeds } from '../core/pipeline.js';
import { removeOwn } from './remove-own.js';

const foldersIn = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(directory, name));

/** Gives the folders that hold something else too: it is left as it is. */
const wiped = async (folders: readonly string[]): Promise<string[]> => {
  const left: string[] = [];
  for (const folder of folders) if (await removeOwn(folder)) left.push(folder);
  return left;
};

/** Deletes what a pipeline has saved and logged. What a person keeps in its folders stays; gives the folders where something does. */
export const wipe = async ({ stateDirectory, logsDirectory }: Config, pipeline: Pipeline): Promise<string[]> => {
  const states = tableFeeds(pipeline).map(({ name }) => join(stateDirectory, name));
  const names = pipeline.workers
    .flatMap((worker) => [worker.name, ...instancesOf(worker)])
    .map((name) => join(logsDirectory, name));
  const prefixes = pipeline.workers
    .flatMap(({ instancePrefix }) => instancePrefix ?? [])
    .map((prefix) => join(logsDirectory, prefix));
  const logs = (await foldersIn(logsDirectory)).filter(
    (folder) => names.includes(folder) || prefixes.some((prefix) => folder.startsWith(prefix)),
  );
  return wiped([...states, ...logs]);
};

/**
 * Deletes what every pipeline has saved and logged, for servers whose data is deleted too.
 * What a person keeps in the two directories stays; gives the folders where something does.
 */
export const wipeAll = async ({ stateDirectory, logsDirectory }: Config): Promise<string[]> =>
  wiped([...new Set([...(await foldersIn(stateDirectory)), ...(await foldersIn(logsDirectory))])]);
