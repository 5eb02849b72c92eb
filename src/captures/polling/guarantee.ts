import { isGrantMissing, isTableMissing } from '../../adapters/mysql/errors.js';
import type { Query } from '../../adapters/mysql/query.js';
import type { Guarantee } from '../../core/guarantee.js';
import { foreignStamp } from './foreign-stamp.js';
import { CONSUMERS_ARE_OFF, REQUIRED_CONSUMERS, RIGHT_IS_MISSING, SESSIONS_ARE_UNSEEN } from './look.js';

/** What the server is, as far as the capture is concerned. */
export type Server = Readonly<{ version: string; mariadb: boolean; tableFilter: boolean }>;

/** What the guarantee needs to know of the cursor column. */
export type CursorFacts = Readonly<{ table: string; column: string; type: string; onUpdateNow: boolean; defaultNow: boolean }>;

export const serverOf = async (query: Query): Promise<Server> => {
  const version = String((await query<{ v: string }>('SELECT VERSION() v'))[0]?.v);
  const mariadb = /mariadb/i.test(version);
  return { version, mariadb, tableFilter: !mariadb && version.startsWith('9.7.') };
};

const count = async (query: Query, sql: string, params: readonly unknown[] = []): Promise<number> =>
  Number((await query<{ n: number | string | null }>(sql, params))[0]?.n ?? 0);

const INSTRUMENTS_OFF = `SELECT COUNT(*) n FROM performance_schema.setup_instruments
  WHERE ENABLED = 'NO' AND NAME NOT LIKE 'statement/sp/%'
    AND (NAME LIKE 'statement/%' OR NAME IN ('transaction', 'wait/lock/metadata/sql/mdl'))`;

const CONSUMERS_OFF = `SELECT COUNT(*) n FROM performance_schema.setup_consumers
  WHERE ENABLED = 'NO' AND NAME IN (${REQUIRED_CONSUMERS.map(() => '?').join(', ')})`;

const UNINSTRUMENTED = `SELECT COUNT(*) n FROM performance_schema.threads WHERE TYPE = 'FOREGROUND' AND INSTRUMENTED = 'NO'`;

const LOST = `SELECT COALESCE(SUM(VARIABLE_VALUE), 0) n FROM performance_schema.global_status
  WHERE VARIABLE_NAME IN ('Performance_schema_thread_instances_lost', 'Performance_schema_thread_classes_lost',
    'Performance_schema_metadata_lock_lost', 'Performance_schema_statement_classes_lost')`;

/** What each look reads besides; the server checks the rights and reads nothing. */
const looksAt = ({ mariadb }: Server): string => {
  const tables = ['events_statements_current', 'events_transactions_current', ...(mariadb ? [] : ['metadata_locks'])];
  return `SELECT 1 FROM ${tables.map((table) => `performance_schema.${table}`).join(', ')} LIMIT 0`;
};

/** The first thing that keeps performance_schema from showing everything in flight. */
const blindSpot = async (query: Query, server: Server): Promise<string | null> => {
  const on = await query<{ on: number }>('SELECT @@performance_schema AS `on`');
  if (Number(on[0]?.on) !== 1) return 'performance_schema is switched off';
  if ((await count(query, CONSUMERS_OFF, REQUIRED_CONSUMERS)) > 0) return CONSUMERS_ARE_OFF;
  if ((await count(query, INSTRUMENTS_OFF)) > 0)
    return 'instruments that the horizon needs are switched off in performance_schema.setup_instruments';
  if ((await count(query, UNINSTRUMENTED)) > 0) return SESSIONS_ARE_UNSEEN;
  if ((await count(query, LOST)) > 0)
    return 'performance_schema has lost threads or locks for want of memory (its *_lost counters)';
  await query(looksAt(server));
  return null;
};

/**
 * Decides how sure the capture can be, with the reason.
 * @throws BridgeError `transient` when the server is away
 */
export const decideGuarantee = async (query: Query, server: Server, cursor: CursorFacts): Promise<Guarantee> => {
  const foreign = await foreignStamp(query, cursor);
  if (foreign !== null) return { level: 'best-effort', reason: foreign };
  if (cursor.type !== 'timestamp')
    return {
      level: 'delayed',
      reason: `${cursor.column} is a ${cursor.type}: its order holds only while all writers share a time zone`,
    };
  try {
    const blind = await blindSpot(query, server);
    if (blind !== null) return { level: 'delayed', reason: blind };
  } catch (error) {
    if (isGrantMissing(error)) return { level: 'delayed', reason: RIGHT_IS_MISSING };
    if (isTableMissing(error)) return { level: 'delayed', reason: `performance_schema of ${server.version} is too old` };
    throw error;
  }
  const filter = server.tableFilter ? 'transactions that wrote to the table' : 'every open transaction';
  return { level: 'proven', reason: `epoch horizon over ${filter} on ${server.version}` };
};
