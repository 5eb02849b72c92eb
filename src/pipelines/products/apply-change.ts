import { inTransaction } from '../../adapters/mysql/transaction.js';
import type { SqlConnection as Connection } from '../../core/sql.js';
import type { Change, RowChange, RowNumber } from './changes.js';

/** The key of a row, once it is in the table. */
export type RowIds = Map<RowNumber, string>;

type PriceChange = Extract<RowChange, { kind: 'price' }>;

const idOf = (ids: RowIds, row: RowNumber): string | null => ids.get(row) ?? null;

const applyOne = async (connection: Connection, ids: RowIds, change: RowChange): Promise<number> => {
  switch (change.kind) {
    case 'price':
      return (await connection.change('UPDATE products SET price = ? WHERE id = ?', [change.price, idOf(ids, change.row)]))
        .changedRows;
    case 'category':
      return (await connection.change('UPDATE products SET category = ? WHERE id = ?', [change.category, idOf(ids, change.row)]))
        .changedRows;
    case 'insert': {
      const sql = 'INSERT INTO products (name, category, price) VALUES (?, ?, ?)';
      const { insertId, affectedRows } = await connection.change(sql, [change.name, change.category, change.price]);
      ids.set(change.row, insertId);
      if (change.forgets !== undefined) ids.delete(change.forgets);
      return affectedRows;
    }
  }
};

const applyAtOnce = async (connection: Connection, ids: RowIds, changes: readonly PriceChange[]): Promise<number> => {
  const cases = changes.map(() => 'WHEN ? THEN ?').join(' ');
  const keys = changes.map(({ row }) => idOf(ids, row));
  const sql = `UPDATE products SET price = CASE id ${cases} ELSE price END WHERE id IN (?)`;
  return (await connection.change(sql, [...changes.flatMap(({ price }, at) => [keys[at], price]), keys])).changedRows;
};

/** Makes a change, all of it or nothing; gives how many rows are different for it. */
export const applyChange = async (connection: Connection, ids: RowIds, { rows, atOnce }: Change): Promise<number> => {
  const prices = rows.filter((change) => change.kind === 'price');
  if (atOnce && prices.length === rows.length) return applyAtOnce(connection, ids, prices);
  const [first] = rows;
  if (first !== undefined && rows.length === 1) return applyOne(connection, ids, first);
  return inTransaction(connection, async () => {
    let changed = 0;
    for (const change of rows) changed += await applyOne(connection, ids, change);
    return changed;
  });
};
