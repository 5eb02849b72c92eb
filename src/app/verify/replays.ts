import type { Replay } from '../../core/position-store.js';

/**
 * Tells of each record of a partition in which replay it was published: 0 before the first replay that the state knows of, where
 * nothing is known; 1 for the first known one, and so on. To be asked for rising offsets.
 */
export const replayCounter = (replays: readonly Replay[], partition: number): ((offset: number) => number) => {
  const begins = replays.map(({ endOffsets }) => Number(endOffsets.get(partition) ?? 0n));
  let current = 0;
  return (offset) => {
    while (current < begins.length && (begins[current] as number) <= offset) current++;
    return current;
  };
};

/** What the topic tells of one partition, for judging a row that is not in it. All times canonical. */
export type Reached = Readonly<{
  /** The replay that the oldest record still there belongs to, and its time; null where nothing was removed. */
  oldest: Readonly<{ replay: number; timestamp: string }> | null;
  /** Whether records were removed. */
  removed: boolean;
  /** The latest time of each replay's records. */
  latest: ReadonlyMap<number, string>;
}>;

/** Whether some replay must have published a row of this time, that replay's records being still there. The last replay is asked `reached`. */
export const mustBeThere = (
  replays: readonly Replay[],
  { oldest, removed, latest }: Reached,
  timestamp: string,
  reachedByLast: boolean,
): boolean => {
  if (removed && oldest === null) return false;
  return replays.some(({ from }, index) => {
    const replay = index + 1;
    if (oldest !== null && removed && replay < oldest.replay) return false;
    const begin = oldest !== null && removed && replay === oldest.replay ? oldest.timestamp : from;
    if (begin !== null && timestamp < begin) return false;
    return replay === replays.length ? reachedByLast : timestamp <= (latest.get(replay) ?? '');
  });
};
