/** 64 bits of a value, as two halves. One object is filled again and again: no garbage a row. */
export type Fingerprint = { high: number; low: number };

export const newFingerprint = (): Fingerprint => ({ high: 0, low: 0 });

const HIGH_SEED = 0x2f0b4c47;
const LOW_SEED = 0x9747b28c | 0;

/** One word of murmur3. */
const mixHigh = (hash: number, word: number): number => {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
};

/** The same with other constants and rotations, so that what collides here does not collide there. */
const mixLow = (hash: number, word: number): number => {
  let k = Math.imul(word, 0x239b961b);
  k = Math.imul((k << 16) | (k >>> 16), 0xab0e9789);
  const h = hash ^ k;
  return (Math.imul((h << 19) | (h >>> 13), 5) + 0x561ccd1b) | 0;
};

const finish = (hash: number): number => {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

const digits = (text: string, from: number, to: number): number => {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + text.charCodeAt(i) - 48;
  return value;
};

/** Microseconds behind the second, however many digits are given. */
export const fractionOf = (text: string): number => {
  let value = 0;
  for (let i = 20; i < 26; i++) {
    const digit = text.charCodeAt(i) - 48;
    value = value * 10 + (digit >= 0 && digit <= 9 ? digit : 0);
  }
  return value;
};

/** `20261121` of `2026-11-21 01:22:33.123456`. */
export const dayOf = (text: string): number => digits(text, 0, 4) * 10_000 + digits(text, 5, 7) * 100 + digits(text, 8, 10);

/** `12233` of `2026-11-21 01:22:33.123456`. */
export const clockOf = (text: string): number =>
  digits(text, 11, 13) * 10_000 + digits(text, 14, 16) * 100 + digits(text, 17, 19);

/**
 * Of a version: a key in its partition at a time. The time may be written as MySQL prints it or as a record holds it
 * (a space or a `T`, with or without a `Z`, 0 to 6 digits after the second): the same moment gives the same fingerprint.
 * Without a time: of the key alone.
 */
export const fingerprintInto = (target: Fingerprint, partition: number, key: string, time?: string): void => {
  let high = mixHigh(HIGH_SEED, partition);
  let low = mixLow(LOW_SEED, partition);
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    high = mixHigh(high, code);
    low = mixLow(low, code);
  }
  high ^= key.length;
  low ^= key.length;
  if (time !== undefined) {
    const [day, clock, fraction] = [dayOf(time), clockOf(time), fractionOf(time)];
    high = mixHigh(mixHigh(mixHigh(high, day), clock), fraction);
    low = mixLow(mixLow(mixLow(low, day), clock), fraction);
  }
  target.high = finish(high);
  target.low = finish(low);
};

const NOTHING = 0x10000;

/** 32 bits of what a log line says, begun with its record's time in Kafka. */
export const beginPrint = (timestamp: number): number =>
  mixHigh(mixHigh(HIGH_SEED, timestamp | 0), Math.floor(timestamp / 4_294_967_296));

/** Adds a text to a print; undefined is not the same as an empty one. */
export const printText = (print: number, text: string | undefined): number => {
  if (text === undefined) return mixHigh(print, NOTHING);
  let hash = print;
  for (let i = 0; i < text.length; i++) hash = mixHigh(hash, text.charCodeAt(i));
  return mixHigh(hash, NOTHING + 1 + text.length);
};

/** The same for ASCII bytes. */
export const printBytes = (print: number, bytes: Uint8Array, from: number, to: number): number => {
  let hash = print;
  for (let i = from; i < to; i++) hash = mixHigh(hash, bytes[i] as number);
  return mixHigh(hash, NOTHING + 1 + to - from);
};

/** The print of a record's lines, one after the other. */
export const joinPrints = (before: number, next: number): number => mixHigh(before, next);
