import { escapeId } from 'mysql2';
import { isGrantMissing } from '../../adapters/mysql/errors.js';
import type { Query } from '../../adapters/mysql/query.js';
import type { CursorFacts } from './guarantee.js';

/**
 * In the server's own words: MariaDB leaves constraints out of information_schema for an account that may only SELECT.
 * Names are quoted there and a constraint has a line of its own.
 */
const CASCADE = /^\s*CONSTRAINT `.*` FOREIGN KEY .* ON (UPDATE (CASCADE|SET NULL|SET DEFAULT)|DELETE SET (NULL|DEFAULT))/m;

/** Whether a change of another table's row changes this table's rows, which leaves their timestamps as they are. */
export const saysCascade = (createTable: string): boolean => CASCADE.test(createTable);

const createTable = async (query: Query, table: string): Promise<string> => {
  const rows = await query<Readonly<Record<string, unknown>>>(`SHOW CREATE TABLE ${escapeId(table, true)}`);
  return String(rows[0]?.['Create Table']);
};

const APPLIERS = `SELECT DISTINCT NAME name FROM performance_schema.threads
  WHERE NAME IN ('thread/sql/slave_sql', 'thread/sql/slave_worker', 'thread/sql/replica_sql', 'thread/sql/replica_worker')
    OR NAME LIKE 'thread/group\\_rpl/%'`;

const ifReadable = async <T>(rows: Promise<readonly T[]>): Promise<readonly T[]> => {
  try {
    return await rows;
  } catch (error) {
    if (isGrantMissing(error)) return [];
    throw error;
  }
};

/** What else writes rows here, with timestamps that another server has given. */
const otherServer = async (query: Query): Promise<string | null> => {
  const settings = await query<{ Variable_name: string; Value: string }>(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'wsrep_on', 'group_replication_single_primary_mode')",
  );
  const value = new Map(settings.map(({ Variable_name, Value }) => [Variable_name, Value]));
  if ((value.get('read_only') ?? 'OFF') !== 'OFF')
    return 'the server is read-only: a replica shows rows in the order of its source';
  if (value.get('wsrep_on') === 'ON') return 'the server is in a Galera cluster: other nodes stamp rows too';
  const appliers = (await ifReadable(query<{ name: string }>(APPLIERS))).map(({ name }) => name);
  if (appliers.some((name) => name.startsWith('thread/sql/')))
    return 'the server applies the changes of another one: a replica shows rows in the order of its source';
  if (appliers.length > 0 && value.get('group_replication_single_primary_mode') === 'OFF')
    return 'the server is in a group with several primaries: other members stamp rows too';
  return null;
};

/**
 * The first thing that takes the timestamps out of this server's hands; null when there is none.
 * @throws BridgeError `transient` when the server is away
 */
export const foreignStamp = async (query: Query, cursor: CursorFacts): Promise<string | null> => {
  const other = await otherServer(query);
  if (other !== null) return other;
  if (!cursor.onUpdateNow || !cursor.defaultNow)
    return `${cursor.table}.${cursor.column} is not stamped by the database (DEFAULT and ON UPDATE CURRENT_TIMESTAMP)`;
  if (saysCascade(await createTable(query, cursor.table)))
    return `a foreign key of ${cursor.table} cascades: such a change leaves the timestamp as it is`;
  return null;
};
