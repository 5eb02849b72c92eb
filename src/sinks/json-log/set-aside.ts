import { type OpenFile, unless, writeWhole } from '../../adapters/files/file-system.js';
import { fileModeIn } from '../../adapters/files/open-to-all.js';
import { asideNames, logPath, type Surroundings } from './surroundings.js';

const CHUNK_BYTES = 1 << 20;

/** Copies the bytes of a file from a place on to the end of another; returns how many. */
export const copyBytes = async (from: OpenFile, start: number, to: OpenFile): Promise<number> => {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = start; ; ) {
    const { bytesRead } = await from.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return position - start;
    await writeWhole(to, buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
};

/** Cuts off what comes after the last whole unit; the bytes are kept beside the log, the records come again from the topic. */
export const cutTail = async (s: Surroundings, directory: string, file: OpenFile, end: number): Promise<void> => {
  const { size } = await file.stat();
  if (size <= end) return;
  for (const path of asideNames(directory, 'torn-', s.now())) {
    const aside = await unless(['EEXIST'], s.files.open(path, 'wx'));
    if (aside === undefined) continue;
    try {
      await copyBytes(file, end, aside);
      const mode = await fileModeIn(directory, s.files);
      if (mode !== undefined) await aside.chmod(mode);
      await aside.sync();
    } finally {
      await aside.close();
    }
    await file.truncate(end);
    await file.sync();
    s.log.warn(
      { file: logPath(directory), bytes: size - end, keptIn: path },
      'cut off a line that was torn; its record comes again',
    );
    return;
  }
};
