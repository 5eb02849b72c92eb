import type { EndOffsets } from './broker.js';

/** Partition -> offset, of what a group has committed and of where a topic's records begin and end. */
export type Progress = Readonly<{ committed: EndOffsets; starts: EndOffsets; ends: EndOffsets }>;

/**
 * Partition -> how many offsets a group has left to read up to an end. It begins where it has committed, or at the first record that
 * the topic still holds: what retention has removed is not waited for.
 */
export const unread = ({ committed, starts, ends }: Progress): ReadonlyMap<number, bigint> =>
  new Map(
    [...ends].map(([partition, end]) => {
      const [next = 0n, start = 0n] = [committed.get(partition), starts.get(partition)];
      const from = next > start ? next : start;
      return [partition, end > from ? end - from : 0n];
    }),
  );

/** Whether a group has read all there is. */
export const hasReadAll = (progress: Progress): boolean => [...unread(progress).values()].every((left) => left === 0n);
