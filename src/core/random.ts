/** Numbers in [0, 1), the same for the same seed on every machine. Good for a simulation, not for secrets. */
export type Random = () => number;

/** FNV-1a: every bit of the text takes part in the seed. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
};

/** Mulberry32. */
export const seededRandom = (seed: number | string): Random => {
  let state = hashOf(String(seed));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** A whole number from `from` to `to`, both included. */
export const between = (random: Random, from: number, to: number): number => from + Math.floor(random() * (to - from + 1));

/** @throws RangeError when there is nothing to choose from */
export const oneOf = <T>(random: Random, items: readonly T[]): T => {
  if (items.length === 0) throw new RangeError('nothing to choose from');
  return items[Math.floor(random() * items.length)] as T;
};
