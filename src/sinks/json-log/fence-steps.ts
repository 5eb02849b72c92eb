import { join } from 'node:path';
import {
  errnoOf,
  type FileSystem,
  ifThere,
  type OpenFile,
  syncDirectory,
  unless,
  withFile,
} from '../../adapters/files/file-system.js';
import { fileError } from './log-errors.js';
import { readContent } from './read-content.js';
import { copyBytes, cutTail } from './set-aside.js';
import { LOG_FILE, logPath, type Surroundings } from './surroundings.js';

/**
 * A fence takes a log away from whoever has it open, keeping all that was counted:
 *   1. move `consumer_log.json` into a directory of the heir's own, as `old`
 *   2. copy it to `new`, without what comes after its last whole unit
 *   3. delete `old`
 *   4. move `new` back to `consumer_log.json`
 * What a writer appended before 1 is in the copy. What it appends later goes to a file that nobody reads, and it learns of it by
 * the other inode at the path. Each step is one atomic move or removal of the only `old` or `new`, so whoever finds the directory
 * can finish from any state, and nothing can be done twice. Renaming the directory takes the job away from an heir that stands still.
 */
export const PREFIX = `${LOG_FILE}.fenced-by-`;

export const inodeOf = async (files: FileSystem, path: string): Promise<number | undefined> =>
  (await ifThere(files.stat(path)))?.ino;

export const newHolder = (s: Surroundings, directory: string): string => join(directory, `${PREFIX}${s.unique()}`);

/** Removes a directory that holds no log any more; one that still does stays. */
export const clear = async (files: FileSystem, holder: string): Promise<void> => {
  for (const name of (await ifThere(files.readdir(holder))) ?? [])
    if (name.startsWith('copy')) await ifThere(files.unlink(join(holder, name)));
  await unless(['ENOENT', 'ENOTEMPTY', 'EEXIST'], files.rmdir(holder));
};

const copyInto = async (s: Surroundings, directory: string, old: OpenFile, path: string): Promise<void> => {
  const { mode } = await old.stat();
  await withFile(s.files, path, 'wx+', async (copy) => {
    await copyBytes(old, 0, copy);
    await copy.chmod(mode & 0o777);
    await cutTail(s, directory, copy, (await readContent(s.files, copy, directory)).bytes);
    await copy.sync();
  });
};

/** Makes `new` of `old`. False when the log was empty: then there is nothing to bring back. */
const makeNew = async (s: Surroundings, directory: string, holder: string): Promise<boolean> =>
  withFile(s.files, join(holder, 'old'), 'r', async (old) => {
    if ((await old.stat()).size === 0) {
      await s.files.unlink(join(holder, 'old'));
      return false;
    }
    const copy = join(holder, `copy-${s.unique()}`);
    try {
      await copyInto(s, directory, old, copy);
      await s.files.rename(copy, join(holder, 'new'));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') throw error;
      // No room for a copy, or a broken line: the log goes back as it was.
      await ifThere(s.files.rename(join(holder, 'old'), logPath(directory)));
      await clear(s.files, holder);
      throw fileError(logPath(directory), error);
    }
    return true;
  });

/** Finishes a fence from whatever state it is in; gives up silently when somebody else has taken the job. */
export const finish = async (s: Surroundings, directory: string, holder: string): Promise<void> => {
  try {
    const names = await s.files.readdir(holder);
    const ready = names.includes('new') || (names.includes('old') && (await makeNew(s, directory, holder)));
    if (ready) {
      await ifThere(s.files.unlink(join(holder, 'old')));
      await syncDirectory(s.files, holder);
      await s.files.rename(join(holder, 'new'), logPath(directory));
      await syncDirectory(s.files, directory);
    }
    await clear(s.files, holder);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
};
