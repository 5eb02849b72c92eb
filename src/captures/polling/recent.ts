/** Rows read lately, so that a row that is read again is not handed on again. */
export type RecentRows = Readonly<{
  has(key: string, timestamp: string): boolean;
  /** Notes a row that was read; one stamped at or before `from` is only counted as forgotten. */
  add(key: string, timestamp: string, from?: string): void;
  /** Every row read that is stamped later than this is remembered. */
  since(): string;
}>;

/**
 * Holds at least the last `most` rows and at most twice as many. Two generations, the older dropped as a whole: deleting the oldest
 * entry of a large Map one by one makes each look for the oldest walk over all that were deleted before.
 * @param begin rows stamped up to here were read by somebody else, or never
 */
export const recentRows = (begin = '', most = 100_000): RecentRows => {
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  let [youngest, oldest, since] = ['', '', begin];
  return {
    has: (key, timestamp) => (young.get(key) ?? old.get(key)) === timestamp,
    add(key, timestamp, from = '') {
      if (timestamp <= from) {
        if (timestamp > since) since = timestamp;
        return;
      }
      young.set(key, timestamp);
      if (timestamp > youngest) youngest = timestamp;
      if (young.size < most) return;
      if (oldest > since) since = oldest;
      [old, oldest] = [young, youngest];
      [young, youngest] = [new Map(), ''];
    },
    since: () => since,
  };
};
