import { escapeId } from 'mysql2';
import type { Row } from '../../core/pipeline.js';
import { prefetch } from '../../core/prefetch.js';
import type { PollingOptions } from './index.js';
import type { Keyset, Statement } from './keyset.js';
import { learnTable } from './table.js';

const keyOf = ({ integerKey }: Keyset, key: unknown): unknown => (integerKey ? BigInt(key as string) : key);

/** The next rows in the order of the primary key, after one with this key. */
const nextStatement = (keyset: Keyset, columns: readonly string[], after: unknown, limit: number): Statement => {
  const { table, key } = keyset;
  const where = after === undefined ? '' : `WHERE ${key} > ? `;
  return {
    sql: `SELECT ${columns.join(', ')} FROM ${table} ${where}ORDER BY ${key} LIMIT ${limit}`,
    params: after === undefined ? [] : [keyOf(keyset, after)],
  };
};

/** About how many rows a table has, as the server estimates it. */
export const estimateRows = async ({ connect, database, table }: PollingOptions): Promise<number> => {
  const connection = await connect();
  try {
    const [found] = await connection.query<{ n: number | string | null }>(
      'SELECT TABLE_ROWS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
      [database, table],
    );
    return Number(found?.n ?? 0);
  } finally {
    await connection.close();
  }
};

/**
 * All rows of a table as they are now, in the order of the primary key, in bounded memory. Values are as MySQL prints them.
 * @param fieldsOf the fields that are wanted, told by one whole row; the primary key is among them whether or not
 */
export async function* scanTable(
  options: PollingOptions,
  fieldsOf: (row: Row) => Iterable<string>,
): AsyncGenerator<readonly Row[]> {
  const { pageRows, key } = options;
  const connection = await options.connect();
  const pages = async function* (): AsyncGenerator<readonly Row[]> {
    const { keyset } = await learnTable(connection.query, options);
    const first = nextStatement(keyset, keyset.columns, undefined, 1);
    const [sample] = await connection.query<Row>(first.sql, first.params);
    if (sample === undefined) return;
    const columns = [...new Set([...fieldsOf(sample), key])].map((name) => escapeId(name, true));
    let last: unknown;
    for (;;) {
      const { sql, params } = nextStatement(keyset, columns, last, pageRows);
      const rows = await connection.query<Row>(sql, params);
      if (rows.length > 0) yield rows;
      if (rows.length < pageRows) return;
      last = rows[rows.length - 1]?.[key];
    }
  };
  try {
    yield* prefetch(pages());
  } finally {
    await connection.close();
  }
}
