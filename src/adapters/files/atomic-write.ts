import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BridgeError, messageOf } from '../../core/errors.js';
import { fileModeIn, makeDirectory } from './open-to-all.js';

const notWritable = (path: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'DIRECTORY_NOT_WRITABLE',
    kind: 'environment',
    found: `Cannot write ${path}: ${messageOf(cause)}.`,
    fix: 'Make room on its disk, or give this user the right to write there. The old file is whole.',
    cause,
  });

/** Makes the names in a directory durable. */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Replaces a file as a whole: whoever reads it, at any moment and after any crash, finds the old text or the new one.
 * @throws BridgeError `environment` when the directory cannot be written; the old file is untouched
 */
export const atomicWrite = async (path: string, text: string): Promise<void> => {
  const directory = dirname(path);
  // One writer a file: a fixed name leaves nothing behind but what the next save replaces.
  const temporary = `${path}.tmp`;
  try {
    await makeDirectory(directory);
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(text);
      const mode = await fileModeIn(directory);
      if (mode !== undefined) await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncDirectory(directory);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw notWritable(path, error);
  }
};
