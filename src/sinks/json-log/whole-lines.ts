import type { OpenFile } from '../../adapters/files/file-system.js';
import { logBroken } from './log-errors.js';

const CHUNK_BYTES = 1 << 20;
/** No line of ours is longer. */
const MOST_LINE_BYTES = 1 << 26;
const NEWLINE = 10;

/**
 * The whole lines of a file, many at a time: `bytes` from `from` to `to`, each line with its newline. What comes after the last
 * newline is left out: it is torn, or being written at this moment. The bytes are good until the next run of lines is asked for.
 * @param upTo how many bytes of the file are read at most
 * @throws BridgeError `integrity` for a line of more than 64 MiB
 */
export type Lines = Readonly<{ bytes: Buffer; from: number; to: number }>;

export async function* wholeLines(
  file: Pick<OpenFile, 'read'>,
  path: string,
  upTo = Number.POSITIVE_INFINITY,
): AsyncGenerator<Lines> {
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  for (let position = 0; ; ) {
    const length = Math.min(buffer.length - filled, upTo - position);
    const { bytesRead } = length > 0 ? await file.read(buffer, filled, length, position) : { bytesRead: 0 };
    if (bytesRead === 0) return;
    position += bytesRead;
    const end = buffer.lastIndexOf(NEWLINE, filled + bytesRead - 1) + 1;
    filled += bytesRead;
    if (end > 0) yield { bytes: buffer, from: 0, to: end };
    else if (filled >= MOST_LINE_BYTES) throw logBroken(path, 1);
    if (end === 0 && filled === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    else if (end > 0) {
      buffer.copyWithin(0, end, filled);
      filled -= end;
    }
  }
}
