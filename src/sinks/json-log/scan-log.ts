import type { OpenFile } from '../../adapters/files/file-system.js';
import { type LastLine, type LogContent, TAIL_BYTES } from './log-content.js';
import { logBroken } from './log-errors.js';
import { type LogLine, parseLine } from './log-line.js';

const CHUNK_BYTES = 1 << 20;

/** A line longer than this is none of ours: it is passed over without being kept. */
const MOST_LINE_BYTES = 1 << 26;

const NEWLINE = 10;

/** What is being added up: a unit counts when its last part has been seen. */
type Tally = {
  bytes: number;
  lines: number;
  offsets: Map<string, { text: string; timestamp: number; lines: number }>;
  open: LogLine | undefined;
  openLines: number;
  at: number;
};

const continues = ({ key, offset, part, of }: LogLine, open: LogLine | undefined): boolean =>
  open === undefined ? part === 1 : open.key === key && open.offset === offset && open.of === of && open.part + 1 === part;

/** Counts one line of `length` bytes. False when it is not one of ours, or not the one that had to follow. */
const count = (tally: Tally, text: string, length: number): boolean => {
  const line = parseLine(text);
  if (line === undefined || line.part > line.of || !continues(line, tally.open)) return false;
  tally.at += length;
  tally.openLines++;
  if (line.part < line.of) {
    tally.open = line;
    return true;
  }
  const known = tally.offsets.get(line.key);
  if (known === undefined) tally.offsets.set(line.key, { text: line.offset, timestamp: line.timestamp, lines: tally.openLines });
  else {
    known.text = line.offset;
    known.timestamp = line.timestamp;
    known.lines += tally.openLines;
  }
  tally.lines += tally.openLines;
  tally.open = undefined;
  tally.openLines = 0;
  tally.bytes = tally.at;
  return true;
};

/** Counts the whole lines in the first `filled` bytes; returns where the rest begins. */
const countLines = (tally: Tally, buffer: Buffer, filled: number, path: string): number => {
  const text = buffer.toString('latin1', 0, filled);
  let from = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    if (!count(tally, text.slice(from, end), end + 1 - from)) throw logBroken(path, tally.lines + tally.openLines + 1);
    from = end + 1;
  }
  return from;
};

/** A line too long to be ours is broken if it ends, and a torn tail if it does not. */
const passOverLongLine = async (file: OpenFile, at: number, tally: Tally, path: string): Promise<void> => {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = at; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    if (buffer.subarray(0, bytesRead).includes(NEWLINE)) throw logBroken(path, tally.lines + tally.openLines + 1);
    position += bytesRead;
  }
};

const scan = async (file: OpenFile, path: string, tally: Tally): Promise<void> => {
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  for (let position = tally.at; ; ) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    filled += bytesRead;
    const rest = countLines(tally, buffer, filled, path);
    if (rest === 0 && filled === buffer.length) {
      if (filled >= MOST_LINE_BYTES) return passOverLongLine(file, position, tally, path);
      buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    } else buffer.copyWithin(0, rest, filled);
    filled -= rest;
  }
};

/** The last bytes before `end`. */
export const readTail = async (file: OpenFile, end: number): Promise<Buffer> => {
  const length = Math.min(TAIL_BYTES, end);
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, end - length + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
};

/**
 * Reads a log on from what is known of it, in bounded memory. What comes after the last whole unit is not counted: it is torn,
 * or being written at this moment.
 * @throws BridgeError `integrity` for a whole line that is not one of ours
 */
export const scanLog = async (file: OpenFile, path: string, known: LogContent): Promise<LogContent> => {
  const offsets = new Map([...known.offsets].map(([key, { offset, ...rest }]) => [key, { text: offset.toString(), ...rest }]));
  const tally: Tally = { bytes: known.bytes, lines: known.lines, offsets, open: undefined, openLines: 0, at: known.bytes };
  await scan(file, path, tally);
  if (tally.bytes === known.bytes) return known;
  const found = [...tally.offsets].map(([key, { text, timestamp, lines }]): [string, LastLine] => [
    key,
    { offset: BigInt(text), timestamp, lines },
  ]);
  return { bytes: tally.bytes, lines: tally.lines, tail: await readTail(file, tally.bytes), offsets: new Map(found) };
};
