import type { Query } from '../../adapters/mysql/query.js';
import type { Event, InFlight } from './horizon.js';

/** What a look needs to know of the server. */
export type LookOptions = Readonly<{
  database: string;
  table: string;
  /** Only transactions that may have written to the table hold the horizon. Sound on MySQL 9.7; on MariaDB it loses rows. */
  tableFilter: boolean;
  /** Prepared XA transactions without a session show in metadata_locks on MySQL, only in XA RECOVER on MariaDB. */
  xaRecover: boolean;
  /** performance_schema's number of the connection that looks. */
  ownThread: number;
}>;

export type Look = Readonly<{
  seen: InFlight /** Why performance_schema cannot be relied on right now. */;
  blind: string | null;
}>;

type Row = Readonly<{ k: number; th: number; ev: number; en: number; tx: string | null }>;

/** The driver gives whole numbers as text where they may be large. */
type RawRow = Readonly<{ k: unknown; th: unknown; ev: unknown; en: unknown; tx: string | null }>;

const rowOf = ({ k, th, ev, en, tx }: RawRow): Row => ({ k: Number(k), th: Number(th), ev: Number(ev), en: Number(en), tx });

const NOW = 0;
const STATEMENT = 1;
const TRANSACTION = 2;
const WRITER = 3;
const THREAD = 4;
const CONSUMERS_OFF = 5;

export const REQUIRED_CONSUMERS = [
  'global_instrumentation',
  'thread_instrumentation',
  'events_statements_current',
  'events_transactions_current',
] as const;

/** One round trip. The branches run in this order and the order matters: clock, statements, threads, transactions, locks. */
const LOOK_SQL = `
SELECT ${NOW} k, NULL th, NULL ev, 0 en, CAST(NOW(6) AS CHAR) tx
UNION ALL SELECT ${STATEMENT}, THREAD_ID, EVENT_ID, END_EVENT_ID IS NOT NULL, NULL FROM performance_schema.events_statements_current
  WHERE NESTING_EVENT_LEVEL = 0 AND THREAD_ID <> ? AND EVENT_NAME NOT LIKE 'statement/com/Binlog Dump%'
UNION ALL SELECT ${THREAD}, THREAD_ID, INSTRUMENTED = 'YES', 0, PROCESSLIST_COMMAND FROM performance_schema.threads
  WHERE TYPE = 'FOREGROUND' AND THREAD_ID <> ? AND PROCESSLIST_COMMAND NOT IN ('Binlog Dump', 'Binlog Dump GTID', 'Daemon')
UNION ALL SELECT ${TRANSACTION}, THREAD_ID, EVENT_ID, STATE <> 'ACTIVE', NULL FROM performance_schema.events_transactions_current
  WHERE THREAD_ID <> ?`;

const WRITERS_SQL = `
UNION ALL SELECT DISTINCT ${WRITER}, OWNER_THREAD_ID, NULL, 0, NULL FROM performance_schema.metadata_locks
  WHERE OBJECT_TYPE = 'TABLE' AND OBJECT_SCHEMA = ? AND OBJECT_NAME = ? AND LOCK_DURATION = 'TRANSACTION'
    AND LOCK_TYPE NOT IN ('SHARED', 'SHARED_HIGH_PRIO', 'SHARED_READ', 'SHARED_READ_ONLY')`;

const CONSUMERS_SQL = `
UNION ALL SELECT ${CONSUMERS_OFF}, NULL, COUNT(*), 0, NULL FROM performance_schema.setup_consumers
  WHERE ENABLED = 'NO' AND NAME IN (${REQUIRED_CONSUMERS.map((name) => `'${name}'`).join(', ')})`;

const events = (rows: readonly Row[], kind: number): ReadonlyMap<number, Event> =>
  new Map(rows.filter(({ k }) => k === kind).map(({ th, ev, en }) => [th, { event: ev, ended: en === 1 }]));

const blindness = (rows: readonly Row[]): string | null => {
  const consumersOff = rows.find(({ k }) => k === CONSUMERS_OFF)?.ev;
  if (consumersOff !== 0) return 'consumers that the horizon needs are switched off in performance_schema.setup_consumers';
  const unseen = rows.filter(({ k, ev }) => k === THREAD && ev === 0).length;
  return unseen > 0 ? `${unseen} sessions are not instrumented (performance_schema.setup_actors)` : null;
};

/** performance_schema's number of this connection. `PS_CURRENT_THREAD_ID()` is missing on MariaDB. */
export const ownThreadId = async (query: Query): Promise<number> => {
  const rows = await query<{ id: number }>(
    'SELECT THREAD_ID id FROM performance_schema.threads WHERE PROCESSLIST_ID = CONNECTION_ID()',
  );
  return Number(rows[0]?.id ?? -1);
};

/** Looks once at everything in flight on the server. */
export const look = async (query: Query, options: LookOptions): Promise<Look> => {
  const { database, table, ownThread, tableFilter, xaRecover } = options;
  const locks = !xaRecover;
  const sql = `${LOOK_SQL}${locks ? WRITERS_SQL : ''}${CONSUMERS_SQL}`;
  const raw = await query<RawRow>(sql, [ownThread, ownThread, ownThread, ...(locks ? [database, table] : [])]);
  const rows = raw.map(rowOf);
  // Asked after the look: a transaction that was prepared and left by its session is in this answer or in the one above.
  const orphaned = xaRecover && (await query('XA RECOVER')).length > 0;
  const holders = new Set(rows.filter(({ k }) => k === WRITER).map(({ th }) => th));
  const seen: InFlight = {
    now: String(rows.find(({ k }) => k === NOW)?.tx),
    statements: events(rows, STATEMENT),
    threads: new Map(rows.filter(({ k }) => k === THREAD).map(({ th, tx }) => [th, tx !== 'Sleep'])),
    transactions: events(rows, TRANSACTION),
    writers: holders,
    filtered: tableFilter,
    orphaned,
  };
  return { seen, blind: blindness(rows) };
};
