import { dirname, resolve } from 'node:path';
import { type FileSystem, nodeFiles } from './file-system.js';

const WRITABLE_BY_ALL = 0o002;

const isOpenToAll = async (directory: string, files: FileSystem): Promise<boolean> =>
  ((await files.stat(directory)).mode & WRITABLE_BY_ALL) !== 0;

/** The mode for a new file: what all may write where all may write to the directory, else undefined (the process's own default). */
export const fileModeIn = async (directory: string, files: FileSystem = nodeFiles): Promise<number | undefined> =>
  (await isOpenToAll(directory, files)) ? 0o666 : undefined;

/** Makes a directory and its parents; open to all where the one above is, whatever the umask. */
export const makeDirectory = async (directory: string, files: FileSystem = nodeFiles): Promise<void> => {
  const made = await files.mkdir(directory, { recursive: true });
  if (made === undefined) return;
  const first = resolve(made);
  if (!(await isOpenToAll(dirname(first), files))) return;
  for (let path = resolve(directory); path.length >= first.length; path = dirname(path)) await files.chmod(path, 0o777);
};
