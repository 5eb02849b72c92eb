import type { Query } from '../../adapters/mysql/query.js';
import type { Guarantee } from '../../core/guarantee.js';
import type { Log } from '../../core/log.js';
import { microsOf, shiftTimestamp } from '../../core/timestamp.js';
import { type CursorFacts, decideGuarantee, type Server } from './guarantee.js';
import { type Awaited, advanceHorizon, blockers, type HorizonState, initialHorizon } from './horizon.js';
import { look, ownThreadId } from './look.js';

export type FrontierOptions = Readonly<{
  query: Query;
  server: Server;
  database: string;
  cursor: CursorFacts;
  /** How far behind the clock to read where the horizon cannot be used. */
  delayMs: number;
  log: Log;
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
  /** The clock reading to go back to, when the server's clock went back since the last poll. */
  rewindTo: string | null;
  /** Whether rows behind the position may still turn up, and have to be read again. */
  overlap: boolean;
}>;

export type Frontier = Readonly<{ reach(): Promise<Reach>; guarantee(): Guarantee }>;

/** Covers jitter of the server's clock only; what is in flight is known by identity. */
const MARGIN_MICROS = 10_000n;
const RECHECK_MS = 60_000;

const databaseNow = async (query: Query): Promise<string> =>
  String((await query<{ now: string }>('SELECT CAST(NOW(6) AS CHAR) now'))[0]?.now);

/** Keeps the guarantee, re-checks it every minute, and says how far each poll may read. */
export const openFrontier = async (options: FrontierOptions): Promise<Frontier> => {
  const { query, server, database, cursor, delayMs, log, onGuarantee, onHeld } = options;
  let guarantee: Guarantee | undefined;
  let decidedAt = 0;
  let state: HorizonState = initialHorizon;
  let lastNow: string | null = null;
  let ownThread = -1;

  const settle = async (next: Guarantee): Promise<Guarantee> => {
    decidedAt = performance.now();
    if (guarantee?.level !== next.level || guarantee.reason !== next.reason) {
      const say = next.level === 'proven' ? log.info.bind(log) : log.warn.bind(log);
      say({ table: cursor.table, guarantee: next.level, reason: next.reason }, 'guarantee');
      onGuarantee?.(next);
      state = initialHorizon;
      if (next.level === 'proven') ownThread = await ownThreadId(query);
    }
    guarantee = next;
    return next;
  };

  const delayed = async (): Promise<Reach> => {
    const now = await databaseNow(query);
    return { below: shiftTimestamp(now, BigInt(delayMs) * -1000n), now, rewindTo: null, overlap: true };
  };

  const proven = async (): Promise<Reach> => {
    const { tableFilter, mariadb } = server;
    const { seen, blind } = await look(query, { database, table: cursor.table, tableFilter, xaRecover: mariadb, ownThread });
    if (blind !== null) {
      await settle({ level: 'delayed', reason: blind });
      return delayed();
    }
    state = advanceHorizon(state, seen);
    const oldest = state.epochs[0];
    onHeld?.(blockers(state), oldest === undefined ? 0 : Number(microsOf(seen.now) - microsOf(oldest.now)) / 1000);
    const below = state.horizon === null ? null : shiftTimestamp(state.horizon, -MARGIN_MICROS);
    return { below, now: seen.now, rewindTo: null, overlap: false };
  };

  await settle(await decideGuarantee(query, server, cursor));
  return {
    guarantee: () => guarantee as Guarantee,
    async reach() {
      if (performance.now() - decidedAt > RECHECK_MS) await settle(await decideGuarantee(query, server, cursor));
      const found = guarantee?.level === 'proven' ? await proven() : await delayed();
      const wentBack = lastNow !== null && found.now < lastNow;
      if (wentBack) log.warn({ before: lastNow, now: found.now }, 'the clock of the database went back');
      lastNow = found.now;
      return wentBack ? { ...found, rewindTo: found.now } : found;
    },
  };
};
