/**
 * Timestamps travel as text with microseconds, never as a JS `Date`, which has only milliseconds.
 * Canonical form: `2026-11-21 01:22:33.123456`, UTC. Texts in this form compare in time order.
 */
const TIMESTAMP_TEXT = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z?$/;

/** The canonical form of a UTC timestamp written with a space or a `T`, 0 to 6 fraction digits, `Z` or not; undefined for anything else. */
export const canonicalTimestamp = (text: string): string | undefined => {
  const match = TIMESTAMP_TEXT.exec(text.trim());
  if (match === null) return undefined;
  const [, day = '', time = '', fraction = ''] = match;
  const instant = new Date(`${day}T${time}Z`);
  // Date rolls 30 February over to March: only a real day comes back as it went in.
  if (Number.isNaN(instant.getTime()) || !instant.toISOString().startsWith(`${day}T${time}`)) return undefined;
  return `${day} ${time}.${fraction.padEnd(6, '0')}`;
};

/** Microseconds since 1970 of a canonical timestamp. */
export const microsOf = (canonical: string): bigint =>
  BigInt(Date.parse(`${canonical.slice(0, 10)}T${canonical.slice(11, 19)}Z`)) * 1000n + BigInt(canonical.slice(20));

/** The canonical timestamp of microseconds since 1970. */
export const timestampOf = (micros: bigint): string => {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const second = new Date(Number((micros - fraction) / 1000n)).toISOString();
  return `${second.slice(0, 10)} ${second.slice(11, 19)}.${fraction.toString().padStart(6, '0')}`;
};

/** A canonical timestamp moved by microseconds. */
export const shiftTimestamp = (canonical: string, byMicros: bigint): string => timestampOf(microsOf(canonical) + byMicros);
