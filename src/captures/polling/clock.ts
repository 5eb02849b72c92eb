import type { Query } from '../../adapters/mysql/query.js';
import { microsOf, shiftTimestamp } from '../../core/timestamp.js';

/** What the server's clock said, between two readings of our own monotonic clock. */
export type Reading = Readonly<{ now: string; askedMs: number; answeredMs: number }>;

export const readClock = async (query: Query): Promise<Reading> => {
  const askedMs = performance.now();
  const rows = await query<{ now: string }>('SELECT CAST(NOW(6) AS CHAR) now');
  return { now: String(rows[0]?.now), askedMs, answeredMs: performance.now() };
};

/** Looks at each reading; gives the time to read again from when the server's clock was set back since an earlier one. */
export type ClockWatch = (reading: Reading) => string | null;

/** Set back by less than this does no harm: rows are read 10 ms behind the horizon. */
const HARMLESS_MICROS = 5_000;
/** Clocks that are being slewed run this much slower or faster than ours. */
const SLEW = 0.01;
const SLACK_MICROS = 50_000;

/**
 * Compares the server's clock with ours. Its own `TIMER_START` would tell nothing: servers take it from the same clock.
 * A step that is smaller than the time an answer took shows with a later, quicker answer; what was stamped meanwhile is read again then.
 */
export const clockWatch = (): ClockWatch => {
  // How far the server's clock is ahead of ours, in microseconds: between these two.
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  let lastMs = 0;
  // The last reading that was certainly not taken after a step.
  let certain: string | null = null;

  return ({ now, askedMs, answeredMs }) => {
    const micros = Number(microsOf(now));
    const [low, high] = [micros - answeredMs * 1000, micros - askedMs * 1000];
    const slewed = (answeredMs - lastMs) * 1000 * SLEW;
    least -= slewed;
    most += slewed;
    lastMs = answeredMs;
    if (certain !== null && high < least - HARMLESS_MICROS) {
      const back = BigInt(Math.ceil(most - low) + SLACK_MICROS);
      const from = shiftTimestamp(certain, -back);
      [least, most, certain] = [low, high, now];
      return from;
    }
    if (certain === null || low >= least - HARMLESS_MICROS) certain = now;
    if (low > most) [least, most] = [low, high];
    else [least, most] = [Math.max(least, low), Math.min(most, high)];
    return null;
  };
};
