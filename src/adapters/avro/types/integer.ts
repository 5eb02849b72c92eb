import type { Type } from 'avsc';
import { shown, type Tap } from '../tap.js';
import { bases, deriveType } from './derive.js';

const LOW_BITS = 2 ** 28;
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;
/** Up to here the zigzag form of a number is exact in a double; avsc's own reader is wrong from here to 2^53. */
const EXACT = 2 ** 52;

/** Up to 28 bits. */
const readPart = (tap: Tap): number => {
  const { buf } = tap;
  let part = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = buf[tap.pos++] ?? 0;
    part |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return part;
  }
  return part | LOW_BITS;
};

const readRest = (tap: Tap, low: number): number | bigint => {
  const second = readPart(tap);
  const middle = second & (LOW_BITS - 1);
  const high = second === middle ? 0 : readPart(tap);
  if (high > 0xff) throw new RangeError('a number has more than 64 bits');
  if (high === 0 && middle < 2 ** 25) {
    const zigzag = middle * LOW_BITS + low;
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }
  const zigzag = (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low);
  const value = (zigzag >> 1n) ^ -(zigzag & 1n);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/** An Avro int or long, exactly: a bigint where a number cannot hold it. */
export const readLong = (tap: Tap): number | bigint => {
  const low = readPart(tap);
  return low < LOW_BITS ? (low >>> 1) ^ -(low & 1) : readRest(tap, low & (LOW_BITS - 1));
};

const writeBig = (tap: Tap, value: bigint): void => {
  if (value < LONG_MIN || value > LONG_MAX) throw new RangeError(`${shown(value)} is beyond 64 bits`);
  let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; zigzag > 0x7fn; zigzag >>= 7n) tap.buf[tap.pos++] = Number(zigzag & 0x7fn) | 0x80;
  tap.buf[tap.pos++] = Number(zigzag);
};

const WHOLE_TEXT = /^-?\d+$/;
/** So many characters are exact in a number. */
const NUMBER_CHARACTERS = 15;

/** MySQL's driver gives a BIGINT as the text that MySQL prints; any other value comes back as it is. */
const wholeOf = (value: unknown): unknown => {
  if (typeof value !== 'string' || !WHOLE_TEXT.test(value)) return value;
  return value.length <= NUMBER_CHARACTERS ? Number(value) : BigInt(value);
};

/**
 * Takes a number, a bigint, or the text of one.
 * @throws RangeError when it is not a whole number of 64 bits, or a number too big to be exact
 */
export const writeLong = (tap: Tap, given: unknown): void => {
  const value = typeof given === 'string' ? wholeOf(given) : given;
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value))
    throw new RangeError(`${shown(value)} is not an exact whole number`);
  if (typeof value === 'number' && value < EXACT && value > -EXACT) tap.writeLong(value);
  else writeBig(tap, BigInt(value as number | bigint));
};

/** An int of 32 bits that has to lie in its range. */
const isInt = (value: unknown): boolean => Number(value) === (Number(value) | 0);

export const readInt = (tap: Tap): number => {
  const value = readLong(tap);
  if (!isInt(value)) throw new RangeError('an int has more than 32 bits');
  return value as number;
};

const writeInt = (tap: Tap, given: unknown): void => {
  const value = wholeOf(given);
  if ((typeof value !== 'number' && typeof value !== 'bigint') || !isInt(value))
    throw new RangeError(`${shown(value)} is not a whole number of 32 bits`);
  tap.writeLong(Number(value));
};

export const longType: Type = deriveType(new bases.LongType(), { read: readLong, write: writeLong });
export const intType: Type = deriveType(new bases.IntType(), { read: readInt, write: writeInt });
