import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, unless } from '../adapters/files/file-system.js';
import { REPLAY_REQUEST_FILE, STATE_FILE } from '../adapters/files/state-file.js';

/** Logs and what is kept beside them, and locks. */
const OWN_NAME = /^(consumer_log\..+|worker\.(lock|claim-.+|tmp-.+))$/;
const OWN_FILES = [STATE_FILE, REPLAY_REQUEST_FILE];

const hasOwnName = (name: string): boolean =>
  OWN_NAME.test(name) || OWN_FILES.some((file) => name === file || name.startsWith(`${file}.`));

/** Numbers have the name that their pipeline gives them: by what they hold they are known. */
const isSnapshot = async (path: string): Promise<boolean> =>
  /\.json(\.[0-9TZ.-]+)?$/.test(path) && (await readFile(path, 'utf8').catch(() => '')).includes('"_rowbridge": {');

/**
 * Deletes what rowbridge wrote into a folder, and the folder where nothing else is in it.
 * @returns whether something else is left there
 */
export const removeOwn = async (folder: string): Promise<boolean> => {
  const names = await readdir(folder).catch((error: unknown) => (errnoOf(error) === 'ENOENT' ? [] : undefined));
  if (names === undefined) return true;
  let left = 0;
  for (const name of names) {
    const path = join(folder, name);
    if (hasOwnName(name) || (await isSnapshot(path))) await rm(path, { recursive: true, force: true });
    else left += 1;
  }
  if (names.length > 0 && left === 0) await unless(['ENOENT', 'ENOTEMPTY', 'EEXIST'], rmdir(folder));
  return left > 0;
};
