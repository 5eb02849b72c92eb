import type { EndOffsets } from '../../core/broker.js';

/** A partition's records from `start` up to `end`; the record at `offset` has the place `base + offset - start` in a pass. */
export type Window = Readonly<{ partition: number; start: number; end: number; base: number }>;

/** What is held in memory at one time: all records of some partitions, or those of one partition whose keys fall into one of several parts. */
export type Pass = Readonly<{
  windows: readonly Window[];
  /** How many places there are. */
  places: number;
  /** Keys are told apart by the rest of their fingerprint divided by `parts`. */
  part: number;
  parts: number;
}>;

/**
 * Divides partitions into as few passes as the memory allows. A partition that is too large alone is read once for each part of its
 * keys; what is kept of it in each pass besides its versions are five bytes a record.
 * @param mostRecords that are to be held at one time
 */
export const planPasses = (starts: EndOffsets, ends: EndOffsets, mostRecords: number): readonly Pass[] => {
  const passes: Pass[] = [];
  let windows: Window[] = [];
  let places = 0;
  const close = (): void => {
    const parts = Math.max(1, Math.ceil(places / mostRecords));
    for (let part = 0; part < parts && windows.length > 0; part++) passes.push({ windows, places, part, parts });
    windows = [];
    places = 0;
  };
  for (const [partition, to] of [...ends].sort(([a], [b]) => a - b)) {
    const end = Number(to);
    const start = Math.min(end, Number(starts.get(partition) ?? 0n));
    if (places > 0 && places + end - start > mostRecords) close();
    windows.push({ partition, start, end, base: places });
    places += end - start;
  }
  close();
  return passes;
};
