import type { OpenFile } from '../../adapters/files/file-system.js';

const CHUNK_BYTES = 1 << 20;
/** A longer line is none of ours: it is passed over without being kept. */
const MOST_LINE_BYTES = 1 << 26;
const NEWLINE = 10;

/** A line as it stands in a file: `text` one character a byte, undefined where it is too long; `ended` by a line feed. */
export type FileLine = Readonly<{ at: number; bytes: number; text: string | undefined; ended: boolean }>;

/** Every line of a file, batch by batch, in bounded memory. */
export async function* readLines(file: OpenFile): AsyncGenerator<readonly FileLine[]> {
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  let at = 0;
  let passed = 0;
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    filled += bytesRead;
    const lines: FileLine[] = [];
    let from = 0;
    for (let end = buffer.indexOf(NEWLINE); end >= 0 && end < filled; end = buffer.indexOf(NEWLINE, from)) {
      const bytes = passed + end + 1 - from;
      lines.push({ at, bytes, text: passed > 0 ? undefined : buffer.toString('latin1', from, end), ended: true });
      at += bytes;
      passed = 0;
      from = end + 1;
    }
    yield lines;
    buffer.copyWithin(0, from, filled);
    filled -= from;
    if (filled >= MOST_LINE_BYTES || passed > 0) {
      passed += filled;
      filled = 0;
    } else if (filled === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
  }
  const bytes = passed + filled;
  if (bytes > 0) yield [{ at, bytes, text: passed > 0 ? undefined : buffer.toString('latin1', 0, filled), ended: false }];
}
