import type { Row } from '../../core/pipeline.js';
import { prefetch } from '../../core/prefetch.js';
import type { PollingOptions } from './index.js';
import { nextStatement } from './keyset.js';
import { pageSize } from './page-size.js';
import { kindOfKey, positionsOf } from './positions.js';
import { rowBuilder } from './rows.js';
import { type CapturedTable, learnTable } from './table.js';

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

/** The same table, but for the columns that a row has. */
const narrowed = ({ keyset, selected }: CapturedTable, isWanted: (name: string) => boolean) => {
  const wanted = selected.map(({ name }) => isWanted(name));
  return { columns: keyset.columns.filter((_, index) => wanted[index]), selected: selected.filter((_, index) => wanted[index]) };
};

/**
 * All rows of a table as they are now, in the order of the primary key, in bounded memory. Values are those that the capture reads.
 * @param fieldsOf the fields that are wanted, told by one whole row; the primary key is among them whether or not
 */
export async function* scanTable(
  options: PollingOptions,
  fieldsOf: (row: Row) => Iterable<string>,
): AsyncGenerator<readonly Row[]> {
  const { pageRows, cursor, key } = options;
  const connection = await options.connect();
  const read = async (
    { keyset }: CapturedTable,
    { columns, selected }: ReturnType<typeof narrowed>,
    afterKey: string | undefined,
    limit: number,
  ): Promise<readonly Row[]> => {
    const sql = nextStatement(keyset, columns, afterKey, limit);
    const floatsAsText = selected.some(({ floating }) => floating);
    return (await connection.arrays({ sql, params: [], floatsAsText })).map(rowBuilder(selected));
  };
  const pages = async function* (): AsyncGenerator<readonly Row[]> {
    const table = await learnTable(connection.query, options);
    const kind = kindOfKey(table.columns, key);
    const { positionOf } = positionsOf(cursor, key, () => kind);
    const whole = narrowed(table, () => true);
    const [sample] = await read(table, whole, undefined, 1);
    if (sample === undefined) return;
    const fields = new Set([...fieldsOf(sample), key]);
    const wanted = narrowed(table, (name) => fields.has(name));
    const size = pageSize(pageRows);
    let last: string | undefined;
    for (;;) {
      const limit = size.rows();
      const rows = await read(table, wanted, last, limit);
      size.note(rows);
      if (rows.length > 0) yield rows;
      if (rows.length < limit) return;
      last = positionOf(rows[rows.length - 1] as Row).key;
    }
  };
  try {
    yield* prefetch(pages());
  } finally {
    await connection.close();
  }
}
