import type { Query } from '../../adapters/mysql/query.js';
import type { Guarantee } from '../../core/guarantee.js';
import type { Log } from '../../core/log.js';
import { microsOf, shiftTimestamp } from '../../core/timestamp.js';
import { type ClockWatch, clockWatch, type Reading, readClock } from './clock.js';
import { doubtAbout, earlier } from './doubt.js';
import { type CursorFacts, decideGuarantee, type Server } from './guarantee.js';
import { type Awaited, advanceHorizon, blockers, type HorizonState, initialHorizon } from './horizon.js';
import { lookout } from './look.js';
import { type Suspects, stillSuspect, suspectsOf } from './suspects.js';

export type FrontierOptions = Readonly<{
  query: Query;
  server: Server;
  database: string;
  cursor: CursorFacts;
  /** How far behind the clock to read where the horizon cannot be used. */
  delayMs: number;
  log: Log;
  /** One that has seen the clock before. */
  watch?: ClockWatch;
  /** A time after which an earlier reader was not sure to have seen every row. */
  unsureFrom?: string;
  /** A time after which rows were in doubt when an earlier reader ended. */
  doubtFrom?: string;
  /** How often the whole guarantee is decided anew. */
  recheckMs?: number;
  onGuarantee?(guarantee: Guarantee): void;
  /** What holds the horizon back, for how long by the server's clock. */
  onHeld?(by: readonly Awaited[], forMs: number): void;
}>;

/** How far a poll may read. */
export type Reach = Readonly<{
  /** Rows stamped before this are safe to read; null: none are. */
  below: string | null;
  /** The server's clock. */
  now: string;
  /** A time to read again from, since rows stamped after it may have been missed; null: none were. */
  rewindTo: string | null;
  /** Whether rows behind the position may still turn up, and have to be read again. */
  overlap: boolean;
  /** Rows stamped after this may have been missed and will be read again once the guarantee is back; null: nothing is in doubt. */
  doubtFrom: string | null;
}>;

export type Frontier = Readonly<{ reach(): Promise<Reach>; guarantee(): Guarantee }>;

/** Covers jitter of the server's clock only; what is in flight is known by identity. */
const MARGIN_MICROS = 10_000n;
const RECHECK_MS = 10_000;

const UNSEEN = 'sessions that worked while performance_schema did not show everything may still have a transaction open';

/** Keeps the guarantee, re-checks it every few seconds, and says how far each poll may read. */
export const openFrontier = async (options: FrontierOptions): Promise<Frontier> => {
  const { query, server, database, cursor, delayMs, log, unsureFrom, recheckMs = RECHECK_MS, onGuarantee, onHeld } = options;
  const { watch = clockWatch() } = options;
  const doubt = doubtAbout({ table: cursor.table, log });
  let guarantee: Guarantee | undefined;
  let decidedAt = 0;
  let state: HorizonState = initialHorizon;
  /** How far rows had been read when all checks were passed last. */
  let goodBelow: string | null = null;
  let goodAt = Number.NEGATIVE_INFINITY;
  // Whoever worked while an earlier reader was unsure may have begun a transaction that performance_schema has not noted.
  let blindSince = unsureFrom !== undefined;
  let below: string | null = null;
  let rewindTo: string | null = null;
  let suspects: Suspects | undefined;

  const noteClock = (reading: Reading): boolean => {
    const from = watch(reading);
    if (from === null) return false;
    log.warn({ now: reading.now, readingAgainFrom: from }, 'the clock of the database went back');
    rewindTo = earlier(rewindTo, from);
    if (goodBelow !== null) goodBelow = earlier(goodBelow, from);
    if (doubt.from() !== null) doubt.reachesBackTo(from);
    return true;
  };

  const settle = (next: Guarantee): void => {
    if (guarantee?.level !== next.level || guarantee.reason !== next.reason) {
      const say = next.level === 'proven' ? log.info.bind(log) : log.warn.bind(log);
      say({ table: cursor.table, guarantee: next.level, reason: next.reason }, 'guarantee');
      onGuarantee?.(next);
    }
    if (guarantee?.level === 'proven' && next.level !== 'proven') {
      doubt.reachesBackTo(goodBelow);
      rewindTo = doubt.from();
      suspects = undefined;
      state = initialHorizon;
    }
    guarantee = next;
  };

  const { tableFilter, mariadb } = server;
  const look = lookout(query, { database, table: cursor.table, tableFilter, xaRecover: mariadb });

  /** Back to `proven` only when nobody can be in a transaction that began unseen. */
  const restore = async (proven: Guarantee): Promise<Guarantee> => {
    const found = await look();
    if (found.blind !== null) {
      suspects = undefined;
      return { level: 'delayed', reason: found.blind };
    }
    const { seen } = found;
    suspects = suspects === undefined ? await suspectsOf(query, seen, performance.now() - goodAt) : stillSuspect(suspects, seen);
    return suspects.size === 0 ? proven : { level: 'delayed', reason: UNSEEN };
  };

  const decide = async (): Promise<void> => {
    const decided = await decideGuarantee(query, server, cursor);
    decidedAt = performance.now();
    settle(decided.level === 'proven' && blindSince ? await restore(decided) : decided);
    if (decided.level !== 'proven') suspects = undefined;
    blindSince = guarantee?.level === 'delayed' || (blindSince && guarantee?.level !== 'proven');
    if (guarantee?.level !== 'proven') return;
    goodAt = decidedAt;
    if (doubt.from() === null) goodBelow = below;
  };

  const delayed = async (): Promise<Reach> => {
    const clock = await readClock(query);
    const { now } = clock;
    noteClock(clock);
    doubt.giveUpWhenOld(now);
    return { below: shiftTimestamp(now, BigInt(delayMs) * -1000n), now, rewindTo, overlap: true, doubtFrom: doubt.from() };
  };

  const proven = async (): Promise<Reach> => {
    const found = await look();
    if (found.blind !== null) {
      settle({ level: 'delayed', reason: found.blind });
      blindSince = true;
      return delayed();
    }
    const { seen, clock } = found;
    if (noteClock(clock)) state = initialHorizon;
    state = advanceHorizon(state, seen);
    const oldest = state.epochs[0];
    onHeld?.(blockers(state), oldest === undefined ? 0 : Number(microsOf(seen.now) - microsOf(oldest.now)) / 1000);
    below = state.horizon === null ? null : shiftTimestamp(state.horizon, -MARGIN_MICROS);
    goodBelow ??= below;
    // What was in doubt is read once more, now that a horizon vouches for it.
    if (below !== null && doubt.from() !== null) {
      rewindTo = earlier(rewindTo, doubt.from());
      doubt.over();
    }
    return { below, now: seen.now, rewindTo, overlap: false, doubtFrom: doubt.from() };
  };

  if (unsureFrom !== undefined)
    goodAt = performance.now() - Number(microsOf((await readClock(query)).now) - microsOf(unsureFrom)) / 1000;
  await decide();
  if (guarantee?.level !== 'proven')
    doubt.reachesBackTo(options.doubtFrom ?? (guarantee?.reason === UNSEEN ? (unsureFrom ?? null) : null));
  return {
    guarantee: () => guarantee as Guarantee,
    async reach() {
      rewindTo = null;
      if (performance.now() - decidedAt > recheckMs) await decide();
      return guarantee?.level === 'proven' ? proven() : delayed();
    },
  };
};
