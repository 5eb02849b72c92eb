/** Rows read lately, so that a row that is read again is not handed on again. */
export type RecentRows = Readonly<{ has(key: string, timestamp: string): boolean; add(key: string, timestamp: string): void }>;

/**
 * Holds at least the last `most` rows and at most twice as many. Two generations, the older dropped as a whole: deleting the oldest
 * entry of a large Map one by one makes each look for the oldest walk over all that were deleted before.
 */
export const recentRows = (most = 100_000): RecentRows => {
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  return {
    has: (key, timestamp) => (young.get(key) ?? old.get(key)) === timestamp,
    add(key, timestamp) {
      young.set(key, timestamp);
      if (young.size < most) return;
      old = young;
      young = new Map();
    },
  };
};
