import { crc32 } from 'node:zlib';
import { isOfRecord } from '../../core/errors.js';
import type { Row } from '../../core/pipeline.js';
import { reasonOf } from '../../core/reason.js';
import type { Result } from '../../core/sink.js';
import { linesText } from '../../sinks/json-log/encode-batch.js';
import type { Origin } from '../../sinks/json-log/line-scanner.js';
import { beginPrint, joinPrints, printBytes, printText } from './fingerprint.js';

/** The fields of a line that are compared without `--deep`. */
export type Fields = Readonly<{ key: string; cursor: string }>;

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const MINUS = 45;
const MOST_TIME_BYTES = 40;

/** Where a text lies in bytes. */
type Span = { from: number; to: number };

const matches = (bytes: Buffer, at: number, text: Buffer): boolean => {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
};

const plain = (byte: number): boolean => byte !== BACKSLASH && byte < 128;

/** A key that comes first in its line: whole digits, or plain text. */
const keySpan = (bytes: Buffer, from: number, head: Buffer, into: Span): boolean => {
  if (!matches(bytes, from, head)) return false;
  let at = from + head.length;
  const quoted = bytes[at] === QUOTE;
  if (quoted) at++;
  into.from = at;
  if (!quoted && bytes[at] === MINUS) at++;
  for (let byte = bytes[at] as number; quoted ? byte !== QUOTE : byte >= 48 && byte <= 57; byte = bytes[++at] as number)
    if (!plain(byte)) return false;
  into.to = at;
  return bytes[quoted ? at + 1 : at] === COMMA && at > into.from;
};

/** A time that comes last among its line's own fields. */
const cursorSpan = (bytes: Buffer, bodyEnd: number, head: Buffer, into: Span): boolean => {
  const to = bodyEnd - 2;
  if (bytes[bodyEnd - 1] !== COMMA || bytes[to] !== QUOTE) return false;
  let at = to;
  while (to - at < MOST_TIME_BYTES && bytes[at - 1] !== QUOTE) if (!plain(bytes[--at] as number)) return false;
  into.from = at;
  into.to = to;
  return matches(bytes, at - head.length, head);
};

/** The text of a key or a time; undefined for any other value. */
export const plainText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' || Number.isInteger(value) ? String(value) : undefined;
};

const fieldText = (line: Readonly<Record<string, unknown>>, field: string, text: string): string | undefined => {
  const value = Object.hasOwn(line, field) ? line[field] : undefined;
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return plainText(value);
  // JSON.parse has rounded it: its digits are taken from the text.
  const start = text.indexOf(`${JSON.stringify(field)}:`) + JSON.stringify(field).length + 1;
  return /^-?\d+(?=[,}])/.exec(text.slice(start, start + 40))?.[0];
};

/** Key and time of a line, as far as it has them. */
export const lineFields = (text: string, { key, cursor }: Fields): Readonly<{ key?: string; time?: string }> => {
  try {
    const line = JSON.parse(text) as Record<string, unknown>;
    const [found, time] = [fieldText(line, key, text), fieldText(line, cursor, text)];
    return { ...(found === undefined ? {} : { key: found }), ...(time === undefined ? {} : { time }) };
  } catch {
    return {};
  }
};

export type LinePrint = (bytes: Buffer, from: number, to: number, origin: Origin) => number;

/** What a line says, in 32 bits: its record's time in Kafka, key and time, as far as it has them; with `deep`, every byte of it. */
export const linePrinter = (fields: Fields | null, deep: boolean): LinePrint => {
  if (deep) return (bytes, from, to) => crc32(bytes.subarray(from, to)) | 0;
  if (fields === null) return (_bytes, _from, _to, { timestamp }) => beginPrint(timestamp);
  const keyHead = Buffer.from(`{${JSON.stringify(fields.key)}:`);
  const cursorHead = Buffer.from(`,${JSON.stringify(fields.cursor)}:"`);
  const key: Span = { from: 0, to: 0 };
  const time: Span = { from: 0, to: 0 };
  return (bytes, from, to, { timestamp, bodyEnd }) => {
    const begun = beginPrint(timestamp);
    if (bodyEnd >= 0 && keySpan(bytes, from, keyHead, key) && cursorSpan(bytes, bodyEnd, cursorHead, time))
      return printBytes(printBytes(begun, bytes, key.from, key.to), bytes, time.from, time.to);
    const found = lineFields(bytes.toString('utf8', from, to), fields);
    return printText(printText(begun, found.key), found.time);
  };
};

/** The print of the one line of a record that keeps its key and time. */
export const simplePrint = (timestamp: number, key: string | undefined, time: string | undefined): number =>
  printText(printText(beginPrint(timestamp), key), time);

const NEWLINE = 10;

const deepPrint = (results: readonly Result<Row>[]): number => {
  const bytes = linesText(results);
  let print: number | undefined;
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.indexOf(NEWLINE, from);
    const next = crc32(bytes.subarray(from, to)) | 0;
    print = print === undefined ? next : joinPrints(print, next);
    from = to + 1;
  }
  return print ?? 0;
};

/** What a call gives, or the reason where no line can hold the results: such a record belongs into the dead letters. */
export const orReason = <T>(call: () => T): T | string => {
  try {
    return call();
  } catch (error) {
    if (!isOfRecord(error)) throw error;
    return reasonOf(error);
  }
};

/** Why no line can hold the results of a record; undefined where one can. */
export const unwritable = (results: readonly Result<Row>[]): string | undefined => {
  const text = orReason(() => linesText(results));
  return typeof text === 'string' ? text : undefined;
};

/** What the lines of a record's results have to say. @throws BridgeError `record` with `deep`, where no line can hold them */
export const resultsPrinter =
  (fields: Fields | null, deep: boolean): ((results: readonly Result<Row>[]) => number) =>
  (results) => {
    if (deep) return deepPrint(results);
    const prints = results.map(({ value, key, meta }) => {
      if (fields === null) return beginPrint(meta.timestamp);
      if (value === null) return simplePrint(meta.timestamp, key ?? undefined, undefined);
      return simplePrint(meta.timestamp, plainText(value[fields.key]), plainText(value[fields.cursor]));
    });
    return prints.length === 0 ? 0 : prints.reduce(joinPrints);
  };
