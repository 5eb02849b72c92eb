import { dirname } from 'node:path';
import { BridgeError, messageOf } from '../../core/errors.js';
import { errnoOf, type FileSystem, nodeFiles, syncDirectory, unless, withFile, writeWhole } from './file-system.js';
import { fileModeIn, makeDirectory } from './open-to-all.js';

const notWritable = (path: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'DIRECTORY_NOT_WRITABLE',
    kind: 'environment',
    found: `Cannot write ${path}: ${messageOf(cause)}.`,
    fix: 'Make room on its disk, or give this user the right to write there. The old file is whole.',
    cause,
  });

/** What passes: a disk has room again, or is mounted for writing again. */
const PASSING = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'];

const writeFailed = (path: string, errno: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'WRITE_FAILED',
    kind: 'transient',
    found: `Cannot write ${path}: ${errno === 'EROFS' ? 'its disk is read-only (EROFS)' : messageOf(cause)}.`,
    fix: 'Make room on its disk, or make it writable; it goes on by itself. The old file is whole.',
    cause,
  });

/**
 * Replaces a file as a whole: whoever reads it, at any moment and after any crash, finds the old text or the new one.
 * @throws BridgeError `transient` when the disk is full or read-only, `environment` when there is no right to write; the old file is untouched
 */
export const atomicWrite = async (path: string, text: string, files: FileSystem = nodeFiles): Promise<void> => {
  const directory = dirname(path);
  // One writer a file: a fixed name leaves nothing behind but what the next save replaces.
  const temporary = `${path}.tmp`;
  try {
    await makeDirectory(directory, files);
    const mode = await fileModeIn(directory, files);
    await withFile(files, temporary, 'w', async (file) => {
      await writeWhole(file, Buffer.from(text));
      // A file left by another user is open to all already.
      if (mode !== undefined) await unless(['EPERM'], file.chmod(mode));
      await file.sync();
    });
    await files.rename(temporary, path);
    await syncDirectory(files, directory);
  } catch (error) {
    await files.unlink(temporary).catch(() => {});
    const errno = errnoOf(error) ?? '';
    throw PASSING.includes(errno) ? writeFailed(path, errno, error) : notWritable(path, error);
  }
};
