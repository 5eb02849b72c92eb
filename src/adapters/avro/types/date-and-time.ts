import type { Type } from 'avsc';
import { shown, type Tap } from '../tap.js';
import { dayAt, dayText, two, twoDigits } from './calendar.js';
import { bases, deriveType } from './derive.js';
import { readInt, readLong, writeLong } from './integer.js';

const SECONDS_PER_DAY = 86_400;

/** What comes after the day in `2026-11-21 01:22:33.123456Z`. */
type Clock = Readonly<{ seconds: number; fraction: number; digits: number; end: number }>;

const isBetween = (value: number, to: number): boolean => value >= 0 && value <= to;

const clockAt = (text: string, digits: number): Clock | undefined => {
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  const separator = text.charCodeAt(10);
  const formed = (separator === 32 || separator === 84) && text.charCodeAt(13) === 58 && text.charCodeAt(16) === 58;
  if (!formed || !isBetween(hour, 23) || !isBetween(minute, 59) || !isBetween(second, 59)) return undefined;
  let end = 19;
  let fraction = 0;
  if (text.charCodeAt(19) === 46) {
    for (end = 20; isBetween(text.charCodeAt(end) - 48, 9); end++) fraction = fraction * 10 + text.charCodeAt(end) - 48;
    if (end === 20 || end - 20 > digits) return undefined;
  }
  for (let given = Math.max(end - 20, 0); given < digits; given++) fraction *= 10;
  return { seconds: hour * 3600 + minute * 60 + second, fraction, digits, end };
};

type Shape = Readonly<{ digits: 3 | 6; utc: boolean }>;

const writeMoment =
  ({ digits, utc }: Shape) =>
  (tap: Tap, value: unknown): void => {
    const clock = typeof value === 'string' ? clockAt(value, digits) : undefined;
    const day = clock === undefined ? Number.NaN : dayAt(value as string);
    const rest = clock === undefined ? '' : (value as string).slice(clock.end);
    if (clock === undefined || Number.isNaN(day) || !(rest === '' || (utc && rest === 'Z'))) {
      const form = `2026-11-21 01:22:33.${'123456'.slice(0, digits)}${utc ? 'Z' : ''}`;
      throw new RangeError(`${shown(value)} is not a time of the form ${form}`);
    }
    const unit = 10 ** digits;
    const seconds = day * SECONDS_PER_DAY + clock.seconds;
    const total = seconds * unit + clock.fraction;
    writeLong(tap, Number.isSafeInteger(total) ? total : BigInt(seconds) * BigInt(unit) + BigInt(clock.fraction));
  };

const THREE = Array.from({ length: 1000 }, (_, n) => n.toString().padStart(3, '0'));

const fractionText = (fraction: number, digits: 3 | 6): string =>
  digits === 3 ? (THREE[fraction] as string) : `${THREE[Math.floor(fraction / 1000)]}${THREE[fraction % 1000]}`;

const bigSplit = (total: bigint, perDay: bigint): readonly [number, number] => {
  const ofDay = ((total % perDay) + perDay) % perDay;
  return [Number((total - ofDay) / perDay), Number(ofDay)];
};

const split = (total: number, perDay: number): readonly [number, number] => {
  const day = Math.floor(total / perDay);
  return [day, total - day * perDay];
};

const readMoment = ({ digits, utc }: Shape): ((tap: Tap) => string) => {
  const unit = 10 ** digits;
  const perDay = SECONDS_PER_DAY * unit;
  const zone = utc ? 'Z' : '';
  // Rows that are read together were mostly changed on one day.
  let lastDay = Number.NaN;
  let lastText = '';
  return (tap) => {
    const total = readLong(tap);
    const [day, ofDay] = typeof total === 'number' ? split(total, perDay) : bigSplit(total, BigInt(perDay));
    if (day !== lastDay) {
      lastText = dayText(day);
      lastDay = day;
    }
    const seconds = Math.floor(ofDay / unit);
    const minutes = Math.floor(seconds / 60);
    const time = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}`;
    return `${lastText}T${time}.${fractionText(ofDay % unit, digits)}${zone}`;
  };
};

/** A moment: text inside the program, `2026-11-21T01:22:33.123456Z`; local ones without the `Z`. */
export const momentType = (logicalType: string, shape: Shape): Type =>
  deriveType(new bases.LongType(), { meaning: logicalType, formed: true, read: readMoment(shape), write: writeMoment(shape) });

const writeDate = (tap: Tap, value: unknown): void => {
  const day = typeof value === 'string' && value.length === 10 ? dayAt(value) : Number.NaN;
  if (Number.isNaN(day)) throw new RangeError(`${shown(value)} is not a date of the form 2026-11-21`);
  tap.writeLong(day);
};

export const dateType: Type = deriveType(new bases.IntType(), {
  meaning: 'date',
  formed: true,
  read: (tap) => dayText(readInt(tap)),
  write: writeDate,
});
