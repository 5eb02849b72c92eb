/** Days since 1970-01-01 in the Gregorian calendar, and texts of days and times: no JS `Date`, so no lost digit and no time zone. */

const FIRST_DAY = -719528;
const LAST_DAY = 2932896;
const NONE = Number.NaN;

const digit = (text: string, at: number): number => {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : NONE;
};

export const twoDigits = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1);

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/** Days from 0000-01-01 to the first of January of a year. */
const daysBefore = (year: number): number =>
  year === 0 ? 0 : year * 365 + Math.floor((year - 1) / 4) - Math.floor((year - 1) / 100) + Math.floor((year - 1) / 400) + 1;

/** The day written as `2026-11-21` at the beginning of a text; NaN when there is no such day. */
export const dayAt = (text: string): number => {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return NONE;
  const leap = isLeap(year);
  const last = month === 2 && leap ? 29 : DAYS_OF_MONTH[month - 1];
  // NaN compares false with everything: written so that it ends here.
  if (!(last !== undefined && day >= 1 && day <= last && year >= 0)) return NONE;
  const before = DAYS_BEFORE_MONTH[month - 1] ?? NONE;
  return FIRST_DAY + daysBefore(year) + before + (leap && month > 2 ? 1 : 0) + day - 1;
};

const TWO = Array.from({ length: 100 }, (_, n) => n.toString().padStart(2, '0'));

export const two = (n: number): string => TWO[n] as string;

const yearOf = (sinceZero: number): number => {
  const guess = Math.floor(sinceZero / 365.2425);
  if (daysBefore(guess) > sinceZero) return guess - 1;
  return daysBefore(guess + 1) <= sinceZero ? guess + 1 : guess;
};

/** The text of a day. @throws RangeError outside the years 0000 to 9999 */
export const dayText = (day: number): string => {
  if (!(day >= FIRST_DAY && day <= LAST_DAY)) throw new RangeError('a date lies outside the years 0000 to 9999');
  const year = yearOf(day - FIRST_DAY);
  const leap = isLeap(year) ? 1 : 0;
  const ofYear = day - FIRST_DAY - daysBefore(year);
  let month = 11;
  while (month > 0 && (DAYS_BEFORE_MONTH[month] as number) + (month > 1 ? leap : 0) > ofYear) month--;
  const ofMonth = ofYear - (DAYS_BEFORE_MONTH[month] as number) - (month > 1 ? leap : 0);
  return `${two(Math.floor(year / 100))}${two(year % 100)}-${two(month + 1)}-${two(ofMonth + 1)}`;
};
