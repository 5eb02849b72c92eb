import { isUtf8 } from 'node:buffer';
import type { Type } from 'avsc';
import { readLength, shown, type Tap } from '../tap.js';
import { bases, deriveType, inner } from './derive.js';

const readString = (tap: Tap): string => {
  const length = readLength(tap);
  const from = tap.pos;
  tap.pos += length;
  const text = tap.buf.toString('utf8', from, tap.pos);
  // Bytes that are not UTF-8 turn into U+FFFD without a word.
  if (text.includes('\ufffd') && !isUtf8(tap.buf.subarray(from, tap.pos))) throw new RangeError('a string is not UTF-8');
  return text;
};

/** Node 20 has it, the compiler's library for ES2023 has not. */
type WellFormed = Readonly<{ isWellFormed(): boolean }>;

const writeString = (tap: Tap, value: unknown): void => {
  if (typeof value !== 'string') throw new RangeError(`${shown(value)} is not a string`);
  if (!(value as unknown as WellFormed).isWellFormed())
    throw new RangeError(`${shown(value)} is not well-formed text: it holds half a surrogate pair`);
  tap.writeString(value);
};

/** A copy: the record's bytes are part of a fetch of megabytes. */
const readBytes = (tap: Tap): Buffer => {
  const length = readLength(tap);
  const from = tap.pos;
  tap.pos += length;
  return Buffer.from(tap.buf.subarray(from, tap.pos));
};

const writeBytes = (tap: Tap, value: unknown): void => {
  if (!Buffer.isBuffer(value)) throw new RangeError(`${shown(value)} is not a Buffer`);
  tap.writeBytes(value);
};

const readBoolean = (tap: Tap): boolean => {
  const byte = tap.buf[tap.pos++] ?? 0;
  if (byte > 1) throw new RangeError('a boolean is neither 0 nor 1');
  return byte === 1;
};

export const stringType: Type = deriveType(new bases.StringType(), { read: readString, write: writeString });
export const bytesType: Type = deriveType(new bases.BytesType(), { read: readBytes, write: writeBytes });
export const booleanType: Type = deriveType(new bases.BooleanType(), { read: readBoolean });
export const floatType: Type = (() => {
  const base = new bases.FloatType();
  const write = (tap: Tap, value: unknown): void => {
    // Avro would round it without a word.
    if (typeof value === 'number' && !Object.is(Math.fround(value), value))
      throw new RangeError(`${shown(value)} is not exact in 32 bits`);
    inner(base)._write(tap, value);
  };
  return deriveType(base, { write });
})();
export const doubleType: Type = deriveType(new bases.DoubleType(), {});
