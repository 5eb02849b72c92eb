import { type LogLine, parseLine } from './log-line.js';

/** Where the record of a line came from. One object is filled again and again. */
export type Origin = {
  /** -1 for a line of another topic. */
  partition: number;
  offset: number;
  timestamp: number;
  part: number;
  of: number;
  /** Where in the bytes the line's own fields end; -1 where the line has to be looked at as a whole. */
  bodyEnd: number;
};

export const newOrigin = (): Origin => ({ partition: -1, offset: 0, timestamp: 0, part: 1, of: 1, bodyEnd: -1 });

const BRACE = 125;
const MOST_DIGITS = 15;
const OFFSET = Buffer.from(',"offset":');
const TIMESTAMP = Buffer.from(',"timestamp":');

const endsWith = (bytes: Buffer, end: number, text: Buffer): boolean => {
  const start = end - text.length;
  if (start < 0) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
};

/**
 * Reads where the lines of a topic came from. What stands at the end of a line as this sink writes it is read without parsing the
 * rest; anything else is parsed as a whole.
 */
export const lineScanner = (topic: string): ((bytes: Buffer, from: number, to: number, into: Origin) => boolean) => {
  const head = Buffer.from(`"_kafka":{"topic":${JSON.stringify(topic)},"partition":`);
  let at = 0;
  let value = 0;

  /** Reads a number backwards, then the text in front of it; -1 where there is another. */
  const numberBehind = (bytes: Buffer, end: number, text: Buffer): boolean => {
    let start = end;
    let scale = 1;
    value = 0;
    for (let digit = (bytes[start - 1] as number) - 48; digit >= 0 && digit <= 9; digit = (bytes[start - 1] as number) - 48) {
      value += digit * scale;
      scale *= 10;
      start--;
    }
    if (start === end || end - start > MOST_DIGITS || !endsWith(bytes, start, text)) return false;
    at = start - text.length;
    return true;
  };

  const scanned = (bytes: Buffer, from: number, to: number, into: Origin): boolean => {
    if (bytes[to - 1] !== BRACE || bytes[to - 2] !== BRACE) return false;
    if (!numberBehind(bytes, to - 2, TIMESTAMP)) return false;
    into.timestamp = value;
    if (!numberBehind(bytes, at, OFFSET)) return false;
    into.offset = value;
    if (!numberBehind(bytes, at, head) || at <= from) return false;
    into.partition = value;
    into.part = 1;
    into.of = 1;
    into.bodyEnd = at;
    return true;
  };

  const parsed = ({ key, offset, timestamp, part, of }: LogLine, into: Origin): void => {
    const slash = key.lastIndexOf('/');
    into.partition = key.slice(0, slash) === topic ? Number(key.slice(slash + 1)) : -1;
    into.offset = Number(offset);
    into.timestamp = timestamp;
    into.part = part;
    into.of = of;
    into.bodyEnd = -1;
  };

  /** False for a line that this sink did not write. */
  return (bytes, from, to, into) => {
    if (scanned(bytes, from, to, into)) return true;
    const line = parseLine(bytes.toString('latin1', from, to));
    if (line === undefined || line.part > line.of) return false;
    parsed(line, into);
    return true;
  };
};
