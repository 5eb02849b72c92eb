import { escapeId } from 'mysql2';
import { describeCursor } from '../../adapters/mysql/cursor.js';
import type { Query } from '../../adapters/mysql/query.js';
import { readTable, type Table } from '../../adapters/mysql/table.js';
import { decideGuarantee, serverOf } from '../../captures/polling/guarantee.js';
import { pageStatement } from '../../captures/polling/keyset.js';
import { learnTable, type TableOptions } from '../../captures/polling/table.js';
import { error, type Finding, ok, warning } from './finding.js';

const quote = (name: string): string => escapeId(name, true);

const count = async (query: Query, sql: string): Promise<number> => Number((await query<{ n: number | string }>(sql))[0]?.n ?? 0);

/** The cursor column as it should be: stamped by the database, on every change, to the microsecond. */
export async function* cursorFindings(table: string, facts: Table, wanted: string): AsyncGenerator<Finding> {
  const { type, digits, defaultNow, onUpdateNow, key } = describeCursor(table, facts, wanted);
  const mend = (sqlType: string): string =>
    `ALTER TABLE ${quote(table)} MODIFY ${quote(wanted)} ${sqlType}(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6);`;
  const name = `${table}.${wanted}`;
  if (type === 'datetime')
    yield warning('cursor', {
      found: `${name} is a DATETIME.`,
      means: "the guarantee is 'delayed': its order holds only while all writers share a time zone",
      fix: mend('TIMESTAMP'),
    });
  if (digits < 6)
    yield warning('cursor', {
      found: `${name} has ${digits} digits after the second.`,
      means:
        'nothing is lost; a replay from a time repeats all rows of that moment, and versions of one moment cannot be told apart',
      fix: mend(type.toUpperCase()),
    });
  if (!defaultNow || !onUpdateNow)
    yield warning('cursor', {
      found: `${name} is not stamped by the database on ${defaultNow ? 'UPDATE' : onUpdateNow ? 'INSERT' : 'INSERT and UPDATE'}.`,
      means: "the guarantee is 'best-effort': a change that leaves it alone is never seen",
      fix: mend(type.toUpperCase()),
    });
  if (type === 'timestamp' && digits === 6 && defaultNow && onUpdateNow)
    yield ok('cursor', `${name} is a TIMESTAMP(6) that the database stamps on every change`);
  if (facts.engine !== null && facts.engine !== 'InnoDB')
    yield warning('engine', {
      found: `${table} is kept by ${facts.engine}, which has no transactions.`,
      means: 'a statement that fails half-way leaves rows that were never committed as a whole',
      fix: `ALTER TABLE ${quote(table)} ENGINE = InnoDB;`,
    });
  if (!facts.indexes.some(({ columns }) => columns[0] === wanted && columns[1] === key.name))
    yield warning('index', {
      found: `${table} has no index on (${wanted}, ${key.name}).`,
      means: 'each poll sorts the whole table',
      fix: `CREATE INDEX ${quote(`${wanted}_${key.name}`)} ON ${quote(table)} (${quote(wanted)}, ${quote(key.name)});`,
    });
}

/** How the server would read a page: by the index, without sorting. */
export async function* planFindings(query: Query, options: TableOptions): AsyncGenerator<Finding> {
  const { keyset } = await learnTable(query, options);
  const { sql, params } = pageStatement(keyset, { timestamp: '2000-01-01 00:00:00.000000', key: '0' }, '2038-01-01 00:00:00', 10);
  const [plan] = await query<{ key: string | null; Extra: string | null }>(`EXPLAIN ${sql}`, params);
  const sorts = /filesort/i.test(plan?.Extra ?? '');
  const rows = await count(query, `SELECT COUNT(*) n FROM (SELECT 1 FROM ${keyset.table} LIMIT 1000) few`);
  // The optimizer may well scan a table of a few rows.
  yield plan?.key != null && !sorts
    ? ok('plan', `a page of ${options.table} is read through the index ${plan.key}, without sorting`)
    : rows < 1000
      ? ok('plan', `${options.table} has fewer than 1000 rows: the server reads them as it likes`)
      : warning('plan', {
          found: `A page of ${options.table} is read ${plan?.key == null ? 'without an index' : `by ${plan.key}`}${sorts ? ' and sorted' : ''}.`,
          means: 'each poll costs more the larger the table is',
          fix: `ANALYZE TABLE ${keyset.table};   -- and look at 'index' above`,
        });
}

/** Rows that a capture would never read, or not yet. */
export async function* rowFindings(query: Query, table: string, cursor: string, nullable: boolean): AsyncGenerator<Finding> {
  const rowsWhere = (condition: string) =>
    count(query, `SELECT COUNT(*) n FROM ${quote(table)} WHERE ${quote(cursor)} ${condition}`);
  // Of a DATETIME that is NOT NULL the server would count the zeros.
  const nulls = nullable ? await rowsWhere('IS NULL') : 0;
  if (nulls > 0)
    yield error('rows', {
      found: `${nulls} rows of ${table} have no ${cursor}.`,
      means: 'they are never read',
      fix: `UPDATE ${quote(table)} SET ${quote(cursor)} = CURRENT_TIMESTAMP(6) WHERE ${quote(cursor)} IS NULL;`,
    });
  // The number, not the text: that would be refused under NO_ZERO_DATE, which whoever takes the statement from here may have.
  const zeros = await rowsWhere('= 0');
  if (zeros > 0)
    yield warning('rows', {
      found: `${zeros} rows of ${table} have the ${cursor} 0000-00-00 00:00:00.`,
      means: 'they are read first of all; a row that gets this time later is never read',
      fix: `UPDATE ${quote(table)} SET ${quote(cursor)} = CURRENT_TIMESTAMP(6) WHERE ${quote(cursor)} = 0;`,
    });
  const future = await rowsWhere('> NOW(6) + INTERVAL 1 SECOND');
  if (future > 0)
    yield warning('rows', {
      found: `${future} rows of ${table} have a ${cursor} in the future.`,
      means: 'they are read when the clock has passed it; a later change that stamps an earlier time is then missed',
      fix: `UPDATE ${quote(table)} SET ${quote(cursor)} = CURRENT_TIMESTAMP(6) WHERE ${quote(cursor)} > NOW(6);`,
    });
  if (nulls + zeros + future === 0) yield ok('rows', `every row of ${table} has a ${cursor} that has passed`);
}

/** How sure the capture would be now, with the reason. */
export async function* guaranteeFindings(query: Query, options: TableOptions): AsyncGenerator<Finding> {
  const { cursor } = await learnTable(query, options);
  const { level, reason } = await decideGuarantee(query, await serverOf(query), cursor);
  yield level === 'proven'
    ? ok('guarantee', `${options.table}: proven (${reason})`)
    : warning('guarantee', {
        found: `The guarantee for ${options.table} is '${level}': ${reason}.`,
        means: level === 'delayed' ? 'a transaction open for longer than the delay can be missed' : 'rows can be missed',
        fix: 'The findings above say what mends it, where anything can.',
      });
}

/** All that can be said of one captured table. */
export async function* tableFindings(query: Query, options: TableOptions): AsyncGenerator<Finding> {
  const { database, table, cursor } = options;
  const facts = await readTable(query, { database, table });
  const nullable = facts.columns.find(({ name }) => name === cursor)?.nullable === true;
  const rows = rowFindings(query, table, cursor, nullable);
  if (nullable) yield* rows;
  yield* cursorFindings(table, facts, cursor);
  if (!nullable) yield* rows;
  yield* planFindings(query, options);
  yield* guaranteeFindings(query, options);
}
