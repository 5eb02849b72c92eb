import { type Bits, bits } from './bits.js';
import type { Pass, Window } from './passes.js';

/** What is known of each record of a pass from the logs and the dead letters. */
export type Places = Readonly<{
  pass: Pass;
  windowOf(partition: number): Window | undefined;
  /** The place of an offset; -1 for one that is not in this pass. */
  of(partition: number, offset: number): number;
  /** All lines of the record are in a log. */
  logged: Bits;
  /** They are there more than once, and not the same. */
  mixed: Bits;
  /** The record is in the dead letters. */
  dead: Bits;
  /** What its lines say. */
  prints: Int32Array;
}>;

export const placesOf = (pass: Pass): Places => {
  const windows = new Map(pass.windows.map((window) => [window.partition, window]));
  return {
    pass,
    windowOf: (partition) => windows.get(partition),
    of: (partition, offset) => {
      const window = windows.get(partition);
      return window === undefined || offset < window.start || offset >= window.end ? -1 : window.base + offset - window.start;
    },
    logged: bits(pass.places),
    mixed: bits(pass.places),
    dead: bits(pass.places),
    prints: new Int32Array(pass.places),
  };
};
