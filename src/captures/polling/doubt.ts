import type { Log } from '../../core/log.js';

/**
 * Rows stamped after a time may have been missed: performance_schema did not show everything then. They are read again as soon as a
 * horizon vouches for them. For as long as that takes a restart begins there, so a doubt that does not end is given up, loudly.
 */
export type Doubt = Readonly<{
  /** The time; null: nothing is in doubt. */
  from(): string | null;
  /** Rows after this time are in doubt too. */
  reachesBackTo(time: string | null): void;
  /** A horizon vouches for all that was in doubt. */
  over(): void;
  /** @param now the server's clock, for the log */
  giveUpWhenOld(now: string): void;
}>;

const MOST_MS = 3_600_000;

export const earlier = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b < a) ? b : a);

export const doubtAbout = (
  { table, log }: Readonly<{ table: string; log: Log }>,
  nowMs: () => number = () => performance.now(),
): Doubt => {
  let from: string | null = null;
  let sinceMs = 0;
  return {
    from: () => from,
    reachesBackTo(time) {
      if (from === null) sinceMs = nowMs();
      from = earlier(from, time);
    },
    over() {
      from = null;
    },
    giveUpWhenOld(now) {
      if (from === null || nowMs() - sinceMs < MOST_MS) return;
      log.error(
        {
          table,
          from,
          to: now,
          fix: `rowbridge doctor says what is off; rowbridge replay <pipeline> --from '${from}' reads them again`,
        },
        'rows stamped between these times may have been missed: performance_schema has not shown everything for too long',
      );
      from = null;
    },
  };
};
