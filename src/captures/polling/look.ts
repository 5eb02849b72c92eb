import { isGrantMissing } from '../../adapters/mysql/errors.js';
import type { Query } from '../../adapters/mysql/query.js';
import type { Reading } from './clock.js';
import type { Event, InFlight } from './horizon.js';

/** What a look needs to know of the server. */
export type LookOptions = Readonly<{
  database: string;
  table: string;
  /** Only transactions that may have written to the table hold the horizon. Sound on MySQL 9.7; on MariaDB it loses rows. */
  tableFilter: boolean;
  /** Prepared XA transactions without a session show in metadata_locks on MySQL, only in XA RECOVER on MariaDB. */
  xaRecover: boolean;
}>;

/** What was seen; or, as `blind`, why performance_schema cannot be relied on right now. */
export type Look = Readonly<{ blind: null; seen: InFlight; clock: Reading } | { blind: string }>;

type Row = Readonly<{ k: number; th: number; ev: number; en: number; by: number; tx: string | null }>;

/** The driver gives whole numbers as text where they may be large. */
type RawRow = Readonly<{ k: unknown; th: unknown; ev: unknown; en: unknown; n: unknown; tx: string | null }>;

const rowOf = ({ k, th, ev, en, n, tx }: RawRow): Row => ({
  k: Number(k),
  th: Number(th),
  ev: Number(ev),
  en: Number(en),
  by: Number(n ?? 0) || Number(ev),
  tx,
});

const NOW = 0;
const STATEMENT = 1;
const TRANSACTION = 2;
const LOCK = 3;
const THREAD = 4;
const CONSUMERS_OFF = 5;

export const CONSUMERS_ARE_OFF = 'consumers that the horizon needs are switched off in performance_schema.setup_consumers';
export const SESSIONS_ARE_UNSEEN = 'sessions are not instrumented (performance_schema.setup_actors, threads.INSTRUMENTED)';

/** The same words whatever is missing and whoever notices it, so that it is said once. */
export const RIGHT_IS_MISSING =
  "no right to read all of performance_schema that the horizon needs ('rowbridge doctor' names it, 'rowbridge setup' grants it)";

export const REQUIRED_CONSUMERS = [
  'global_instrumentation',
  'thread_instrumentation',
  'events_statements_current',
  'events_transactions_current',
] as const;

/**
 * One round trip. The branches run in this order and the order matters: clock, statements, threads, transactions, locks.
 * A thread of the event scheduler's is at work for as long as it lives: MariaDB shows it asleep while its event runs.
 * The scheduler itself writes to no table, and MySQL shows it at work for ever.
 */
const LOOK_SQL = `
SELECT ${NOW} k, NULL th, NULL ev, 0 en, NULL n, CAST(NOW(6) AS CHAR) tx
UNION ALL SELECT ${STATEMENT}, THREAD_ID, EVENT_ID, END_EVENT_ID IS NOT NULL, NULL, NULL
  FROM performance_schema.events_statements_current
  WHERE NESTING_EVENT_LEVEL = 0 AND THREAD_ID <> ? AND EVENT_NAME NOT LIKE 'statement/com/Binlog Dump%'
UNION ALL SELECT ${THREAD}, THREAD_ID, INSTRUMENTED = 'YES', 0, NULL, IF(NAME = 'thread/sql/event_worker', NAME, PROCESSLIST_COMMAND)
  FROM performance_schema.threads
  WHERE TYPE = 'FOREGROUND' AND THREAD_ID <> ? AND NAME <> 'thread/sql/event_scheduler'
    AND (NAME = 'thread/sql/event_worker' OR PROCESSLIST_COMMAND NOT IN ('Binlog Dump', 'Binlog Dump GTID', 'Daemon'))
UNION ALL SELECT ${TRANSACTION}, THREAD_ID, EVENT_ID, STATE <> 'ACTIVE', NESTING_EVENT_ID, NULL
  FROM performance_schema.events_transactions_current
  WHERE THREAD_ID <> ?`;

const LOCKS_SQL = `
UNION ALL SELECT DISTINCT ${LOCK}, OWNER_THREAD_ID, OWNER_EVENT_ID, 0, NULL, NULL FROM performance_schema.metadata_locks
  WHERE OBJECT_TYPE = 'TABLE' AND OBJECT_SCHEMA = ? AND OBJECT_NAME = ? AND LOCK_DURATION = 'TRANSACTION'
    AND LOCK_TYPE NOT IN ('SHARED', 'SHARED_HIGH_PRIO', 'SHARED_READ', 'SHARED_READ_ONLY')`;

const CONSUMERS_SQL = `
UNION ALL SELECT ${CONSUMERS_OFF}, NULL, COUNT(*), 0, NULL, NULL FROM performance_schema.setup_consumers
  WHERE ENABLED = 'NO' AND NAME IN (${REQUIRED_CONSUMERS.map((name) => `'${name}'`).join(', ')})`;

const events = (rows: readonly Row[], kind: number): ReadonlyMap<number, Event> =>
  new Map(rows.filter(({ k }) => k === kind).map(({ th, ev, en, by }) => [th, { event: ev, ended: en === 1, begunBy: by }]));

const locksOf = (rows: readonly Row[]): ReadonlyMap<number, readonly number[]> => {
  const locks = new Map<number, number[]>();
  for (const { k, th, ev } of rows) if (k === LOCK) locks.set(th, [...(locks.get(th) ?? []), ev]);
  return locks;
};

const blindness = (rows: readonly Row[]): string | null => {
  if (rows.find(({ k }) => k === CONSUMERS_OFF)?.ev !== 0) return CONSUMERS_ARE_OFF;
  return rows.some(({ k, ev }) => k === THREAD && ev === 0) ? SESSIONS_ARE_UNSEEN : null;
};

/** performance_schema's number of this connection. `PS_CURRENT_THREAD_ID()` is missing on MariaDB. */
const ownThreadId = async (query: Query): Promise<number> => {
  const rows = await query<{ id: number }>(
    'SELECT THREAD_ID id FROM performance_schema.threads WHERE PROCESSLIST_ID = CONNECTION_ID()',
  );
  return Number(rows[0]?.id ?? -1);
};

const look = async (query: Query, options: LookOptions, ownThread: number): Promise<Look> => {
  const { database, table, tableFilter, xaRecover } = options;
  const locks = !xaRecover;
  const sql = `${LOOK_SQL}${locks ? LOCKS_SQL : ''}${CONSUMERS_SQL}`;
  const askedMs = performance.now();
  const raw = await query<RawRow>(sql, [ownThread, ownThread, ownThread, ...(locks ? [database, table] : [])]);
  const answeredMs = performance.now();
  const rows = raw.map(rowOf);
  // Asked after the look: a transaction that was prepared and left by its session is in this answer or in the one above.
  const orphaned = xaRecover && (await query('XA RECOVER')).length > 0;
  const blind = blindness(rows);
  if (blind !== null) return { blind };
  const now = String(rows.find(({ k }) => k === NOW)?.tx);
  const seen: InFlight = {
    now,
    statements: events(rows, STATEMENT),
    threads: new Map(rows.filter(({ k }) => k === THREAD).map(({ th, tx }) => [th, tx !== 'Sleep'])),
    transactions: events(rows, TRANSACTION),
    locks: locksOf(rows),
    filtered: tableFilter,
    orphaned,
  };
  return { blind: null, seen, clock: { now, askedMs, answeredMs } };
};

/** Looks at everything in flight on the server, but for the connection that looks. */
export const lookout = (query: Query, options: LookOptions): (() => Promise<Look>) => {
  let ownThread = -1;
  return async () => {
    try {
      if (ownThread < 0) ownThread = await ownThreadId(query);
      return await look(query, options, ownThread);
    } catch (error) {
      if (isGrantMissing(error)) return { blind: RIGHT_IS_MISSING };
      throw error;
    }
  };
};
