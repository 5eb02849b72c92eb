import { join } from 'node:path';
import { type FileSystem, withFile, writeWhole } from './file-system.js';
import { fileModeIn } from './open-to-all.js';

/** Puts a file in place whole; it need not outlive the machine, as its writer does not either. */
export const placeFile = async (
  s: Readonly<{ files: FileSystem; unique(): string }>,
  directory: string,
  name: string,
  text: string,
): Promise<void> => {
  const temporary = join(directory, `worker.tmp-${s.unique()}`);
  const mode = await fileModeIn(directory, s.files);
  try {
    await withFile(s.files, temporary, 'wx', async (file) => {
      await writeWhole(file, Buffer.from(text));
      if (mode !== undefined) await file.chmod(mode);
    });
    await s.files.rename(temporary, join(directory, name));
  } catch (error) {
    await s.files.unlink(temporary).catch(() => {});
    throw error;
  }
};
