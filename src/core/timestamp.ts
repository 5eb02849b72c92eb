/**
 * Timestamps travel as text with microseconds, never as a JS `Date`, which has only milliseconds.
 * Canonical form: `2026-11-21 01:22:33.123456`, UTC. Texts in this form compare in time order.
 * MySQL keeps days that do not exist, as `0000-00-00`: they have a canonical form too, and come where their text does.
 */
const TIMESTAMP_TEXT = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z?$/;

const CANONICAL_LENGTH = 26;

/** What a table has where no time was given, if it is old enough: before all times that exist. */
const ZERO = '0000-00-00 00:00:00.000000';
const YEAR_0_MICROS = BigInt(Date.parse('0000-01-01T00:00:00Z')) * 1000n;

/** Undefined for a day that does not exist: `Date` rolls 30 February over to March, so that it does not come back as it went in. */
const millisOf = (day: string, time: string): number | undefined => {
  const instant = new Date(`${day}T${time}Z`);
  const exists = !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(`${day}T${time}`);
  return exists ? instant.getTime() : undefined;
};

/** The canonical form of a timestamp as MySQL prints it, whether or not there is such a day; any other text as it is. */
export const printedTimestamp = (text: string): string => {
  // What MySQL prints for six digits is the canonical form already.
  if (text.length === CANONICAL_LENGTH && text[10] === ' ') return text;
  const match = TIMESTAMP_TEXT.exec(text);
  return match === null ? text : `${match[1]} ${match[2]}.${(match[3] ?? '').padEnd(6, '0')}`;
};

/** Whether a text has the canonical form, be it of a day that exists or not. */
export const isCanonicalForm = (text: string): boolean => TIMESTAMP_TEXT.test(text) && printedTimestamp(text) === text;

/** The canonical form of a UTC timestamp written with a space or a `T`, 0 to 6 fraction digits, `Z` or not; undefined for anything else. */
export const canonicalTimestamp = (text: string): string | undefined => {
  const match = TIMESTAMP_TEXT.exec(text.trim());
  if (match === null) return undefined;
  const [, day = '', time = ''] = match;
  return millisOf(day, time) === undefined ? undefined : printedTimestamp(text.trim());
};

/** The first day that exists after one that does not: of its month if its day is 0, of its year if its month is, else of the next month. */
const nextDay = (day: string): string => {
  const [year = '', month = '', date] = day.split('-');
  if (month === '00') return `${year}-01-01`;
  return date === '00' ? `${year}-${month}-01` : `${year}-${String(Number(month) + 1).padStart(2, '0')}-01`;
};

/** Microseconds since 1970 of a canonical timestamp; of a day that does not exist, those of the beginning of the next that does. */
export const microsOf = (canonical: string): bigint => {
  const [day, time] = [canonical.slice(0, 10), canonical.slice(11, 19)];
  const millis = millisOf(day, time);
  if (millis !== undefined) return BigInt(millis) * 1000n + BigInt(canonical.slice(20));
  return BigInt(Date.parse(`${nextDay(day)}T00:00:00Z`)) * 1000n;
};

const TIMES = /\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z?/g;

/** Whether two texts differ in nothing but the form of the times in them. */
export const sameButForTimes = (a: string, b: string): boolean =>
  a === b || a.replace(TIMES, printedTimestamp) === b.replace(TIMES, printedTimestamp);

/** The canonical timestamp of microseconds since 1970; `0000-00-00 00:00:00.000000` for all before the year 0. */
export const timestampOf = (micros: bigint): string => {
  if (micros < YEAR_0_MICROS) return ZERO;
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const second = new Date(Number((micros - fraction) / 1000n)).toISOString();
  return `${second.slice(0, 10)} ${second.slice(11, 19)}.${fraction.toString().padStart(6, '0')}`;
};

/** A canonical timestamp moved by microseconds. */
export const shiftTimestamp = (canonical: string, byMicros: bigint): string => timestampOf(microsOf(canonical) + byMicros);
