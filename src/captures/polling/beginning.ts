import type { Query } from '../../adapters/mysql/query.js';
import { delayOrAbort } from '../../core/delay.js';
import { BridgeError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { Position } from '../../core/position.js';
import type { ReadFrom } from '../../core/source.js';
import { microsOf, shiftTimestamp } from '../../core/timestamp.js';
import { type ClockWatch, type Reading, readClock } from './clock.js';

/** A position ahead of the clock by more than this is refused: clocks are set back by less now and then. */
const PATIENCE_MICROS = 10_000_000n;
/**
 * Our clock and the server's may disagree by this much, and by a thousandth of the time, before one counts as set. Rows that are
 * stamped within it after a step are not looked for.
 */
const SLACK_MICROS = 200_000n;
/** Our clock may have been set together with the server's, where both run on one machine: it is gone back further. */
const MARGIN_MICROS = 60_000_000n;

const inTheFuture = (table: string, position: string, now: string): BridgeError =>
  new BridgeError({
    code: 'POSITION_IN_FUTURE',
    kind: 'configuration',
    found: `The state of '${table}' says to read on from ${position}, but the database's clock is at ${now}.`,
    fix: "Set last_read_timestamp to an earlier time, or run 'rowbridge replay'.",
  });

/** @throws BridgeError `configuration` when the clock is so far behind a position that it is not waited for */
export const checkClock = async (query: Query, table: string, position: string): Promise<Reading> => {
  const reading = await readClock(query);
  const { now } = reading;
  if (microsOf(position) - microsOf(now) > PATIENCE_MICROS) throw inTheFuture(table, position, now);
  return reading;
};

/**
 * The server's clock has been set back since a position was reached, `agoMs` ago by our clock: then rows before that position may have
 * been stamped since, all of them after the time that this gives. Null: it has not.
 */
export const missedSince = (position: string, now: string, agoMs: number): string | null => {
  const passed = BigInt(Math.max(0, Math.round(agoMs)));
  const since = shiftTimestamp(now, -passed * 1000n);
  if (now >= position && shiftTimestamp(since, SLACK_MICROS + passed) >= position) return null;
  return shiftTimestamp(since, -MARGIN_MICROS);
};

type Beginning = Pick<ReadFrom, 'after' | 'last' | 'signal'>;

/**
 * Looks at the server's clock before the first row is read. Gives where to read again from when it was set back since somebody last
 * looked; a beginning that a person wished for is waited for.
 * @param watch sees the clock from here on
 * @throws BridgeError `configuration` when the clock is far behind the position
 */
export const beginAgain = async (
  query: Query,
  { table, log }: Readonly<{ table: string; log: Log }>,
  { after, last, signal }: Beginning,
  watch: ClockWatch,
  ownNowMs: () => number = Date.now,
): Promise<Position | null> => {
  const wanted = after?.timestamp;
  while (wanted !== undefined && !signal.aborted) {
    const reading = await checkClock(query, table, wanted);
    watch(reading);
    const { now } = reading;
    const missed = last === undefined ? null : missedSince(wanted, now, ownNowMs() - last.atMs);
    if (missed !== null) {
      log.warn({ position: wanted, now, readingAgainFrom: missed }, 'the clock of the database went back since it was last read');
      return { timestamp: missed };
    }
    if (wanted <= now) return null;
    log.warn({ position: wanted, now }, 'the clock of the database is behind the position');
    await delayOrAbort(1_000, signal);
  }
  return null;
};
