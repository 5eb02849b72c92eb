import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const WRITABLE_BY_ALL = 0o002;

const isOpenToAll = async (directory: string): Promise<boolean> => ((await stat(directory)).mode & WRITABLE_BY_ALL) !== 0;

/** The mode for a new file: what all may write where all may write to the directory, else undefined (the process's own default). */
export const fileModeIn = async (directory: string): Promise<number | undefined> => ((await isOpenToAll(directory)) ? 0o666 : undefined);

/** Makes a directory and its parents; open to all where its parent is, whatever the umask. */
export const makeDirectory = async (directory: string): Promise<void> => {
  const made = await mkdir(directory, { recursive: true });
  if (made !== undefined && (await isOpenToAll(dirname(directory)))) await chmod(directory, 0o777);
};
