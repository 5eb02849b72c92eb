import type { Type } from 'avsc';
import { type Decimal, decimal, decimalOf, isDecimal } from '../../../core/decimal.js';
import { readLength, shown, type Tap } from '../tap.js';
import { bases, deriveType } from './derive.js';

/** So many digits always fit in a number. */
const NUMBER_DIGITS = 15;
const ZERO = 48;
const POINT = 46;
const MINUS = 45;

type Shape = Readonly<{ precision: number; scale: number; limit: bigint }>;

/** The two's complement of a number, big end first, in as few bytes as it takes. */
const writeNumber = (tap: Tap, value: number): void => {
  let length = 1;
  for (let half = 128; value >= half || value < -half; half *= 256) length++;
  tap.buf[tap.pos++] = length << 1;
  for (let shift = 256 ** (length - 1); shift >= 1; shift /= 256) tap.buf[tap.pos++] = Math.floor(value / shift) & 0xff;
};

const writeUnscaled = (tap: Tap, value: bigint): void => {
  const number = Number(value);
  if (Number.isSafeInteger(number)) {
    writeNumber(tap, number);
    return;
  }
  const magnitude = value < 0n ? -value - 1n : value;
  const length = (magnitude.toString(2).length >> 3) + 1;
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, '0');
  tap.writeBytes(Buffer.from(hex, 'hex'));
};

/** The unscaled number of a short decimal text with at most `scale` digits after the point; undefined when it takes the long way. */
const unscaledOf = (text: string, scale: number): number | undefined => {
  const negative = text.charCodeAt(0) === MINUS;
  const start = negative ? 1 : 0;
  let unscaled = 0;
  let fraction = -1;
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9) {
      unscaled = unscaled * 10 + digit;
      if (fraction >= 0) fraction++;
    } else if (digit === POINT - ZERO && fraction < 0 && i > start) fraction = 0;
    else return undefined;
  }
  const missing = scale - Math.max(fraction, 0);
  const isNumber = text.length > start && fraction !== 0;
  if (!isNumber || missing < 0 || text.length - start + missing > NUMBER_DIGITS) return undefined;
  for (let i = 0; i < missing; i++) unscaled *= 10;
  return negative ? -unscaled : unscaled;
};

const decimalFrom = (value: unknown): Decimal => {
  if (isDecimal(value)) return value;
  if (typeof value !== 'string') throw new RangeError(`${shown(value)} is not a decimal: neither a Decimal nor its text`);
  try {
    return decimalOf(value);
  } catch {
    throw new RangeError(`${shown(value)} is not a decimal number`);
  }
};

const tooPrecise = (value: unknown, precision: number): RangeError =>
  new RangeError(`${typeof value === 'string' ? shown(value) : 'the number'} has more than ${precision} digits`);

const writeDecimal =
  ({ precision, scale, limit }: Shape) =>
  (tap: Tap, value: unknown): void => {
    const short = typeof value === 'string' ? unscaledOf(value, scale) : undefined;
    if (short !== undefined) {
      if (short >= Number(limit) || short <= -Number(limit)) throw tooPrecise(value, precision);
      writeNumber(tap, short);
      return;
    }
    const decimal = decimalFrom(value);
    if (decimal.scale > scale)
      throw new RangeError(`${shown(value)} has ${decimal.scale} digits after the point, the schema keeps ${scale}`);
    const unscaled = decimal.scale === scale ? decimal.unscaled : decimal.unscaled * 10n ** BigInt(scale - decimal.scale);
    if (unscaled >= limit || unscaled <= -limit) throw tooPrecise(value, precision);
    writeUnscaled(tap, unscaled);
  };

const readUnscaled = (tap: Tap): bigint => {
  const length = readLength(tap);
  if (length === 0) throw new RangeError('a decimal has no bytes');
  const from = tap.pos;
  tap.pos += length;
  if (length <= 6) return BigInt(tap.buf.readIntBE(from, length));
  return BigInt.asIntN(length * 8, BigInt(`0x${tap.buf.toString('hex', from, tap.pos)}`));
};

const readDecimal =
  ({ precision, scale, limit }: Shape) =>
  (tap: Tap): Decimal => {
    const unscaled = readUnscaled(tap);
    if (unscaled >= limit || unscaled <= -limit) throw new RangeError(`a decimal has more than ${precision} digits`);
    return decimal(unscaled, scale);
  };

/** @throws RangeError when there is no such decimal type */
export const decimalType = (precision: unknown, scale: unknown = 0): Type => {
  const whole = Number.isInteger(precision) && Number.isInteger(scale);
  if (!whole || Number(precision) < 1 || Number(scale) < 0 || Number(scale) > Number(precision))
    throw new RangeError(`decimal(${precision},${scale}) is not a decimal type`);
  const shape = { precision: Number(precision), scale: Number(scale), limit: 10n ** BigInt(Number(precision)) };
  // The precision may differ between writer and reader: the number is checked against the reader's.
  return deriveType(new bases.BytesType(), {
    meaning: `decimal with scale ${scale}`,
    read: readDecimal(shape),
    write: writeDecimal(shape),
  });
};
