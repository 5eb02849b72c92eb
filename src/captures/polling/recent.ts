/** Rows read lately, so that a row that is read again is not handed on again. Holds at most `most` rows; the oldest go first. */
export type RecentRows = Readonly<{ has(key: string, timestamp: string): boolean; add(key: string, timestamp: string): void }>;

export const recentRows = (most = 100_000): RecentRows => {
  const timestamps = new Map<string, string>();
  return {
    has: (key, timestamp) => timestamps.get(key) === timestamp,
    add(key, timestamp) {
      timestamps.delete(key);
      timestamps.set(key, timestamp);
      if (timestamps.size > most) {
        const [oldest] = timestamps.keys();
        if (oldest !== undefined) timestamps.delete(oldest);
      }
    },
  };
};
