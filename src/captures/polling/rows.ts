import { readColumns, type TableColumn } from '../../adapters/mysql/columns.js';
import type { Connection } from '../../adapters/mysql/connect.js';
import type { Query } from '../../adapters/mysql/query.js';
import { BridgeError } from '../../core/errors.js';
import type { Row } from '../../core/pipeline.js';
import type { CapturedTable } from './table.js';

/** Not for a person: the pass over the table ends, and the next one learns it anew. */
const tableChanged = (table: string, cause?: unknown): BridgeError =>
  new BridgeError({
    code: 'TABLE_CHANGED',
    kind: 'transient',
    found: `The columns of '${table}' have changed.`,
    fix: 'The feed learns the table again by itself.',
    cause,
  });

export const isTableChanged = (error: unknown): boolean => error instanceof BridgeError && error.code === 'TABLE_CHANGED';

export const sameColumns = (a: readonly TableColumn[], b: readonly unknown[]): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Makes a row of the values in the order of the selected columns. */
export const rowBuilder = (selected: CapturedTable['selected']): ((values: readonly unknown[]) => Row) => {
  const plain = selected.every(({ name, read }) => read === undefined && name !== '__proto__');
  const names = selected.map(({ name }) => name);
  if (plain)
    return (values) => {
      const row: Record<string, unknown> = {};
      for (let i = 0; i < names.length; i++) row[names[i] as string] = values[i];
      return row;
    };
  return (values) => {
    const row: Record<string, unknown> = {};
    for (const [index, { name, read }] of selected.entries()) {
      const given = values[index];
      const value = read === undefined || given === null ? given : read(given);
      // An assignment would lose a column named __proto__.
      if (name === '__proto__') Object.defineProperty(row, name, { value, enumerable: true, writable: true, configurable: true });
      else row[name] = value;
    }
    return row;
  };
};

const GONE: ReadonlySet<string> = new Set(['COLUMN_MISSING', 'TABLE_MISSING']);

const whatItMeans = (table: string, error: unknown): unknown =>
  error instanceof BridgeError && GONE.has(error.code) ? tableChanged(table, error) : error;

/**
 * Asks for pages of a learnt table. The columns are looked at after each page: the rows given are rows of the table as it was learnt.
 * The columns were the same before (when it was learnt, or after the page before), so the page in between was read with them.
 */
export const pageQuery = (connection: Connection, database: string, learnt: CapturedTable): Query => {
  const { cursor, selected, columns } = learnt;
  const name = { database, table: cursor.table };
  const build = rowBuilder(selected);
  const floatsAsText = selected.some(({ floating }) => floating);
  return async <T>(sql: string, params: readonly unknown[] = []) => {
    const page = connection.arrays({ sql, params, floatsAsText });
    const now = readColumns(connection.query, name);
    const [values, found] = await Promise.all([page, now]).catch(async (error: unknown) => {
      // The other one is still under way on this connection.
      await Promise.allSettled([page, now]);
      throw whatItMeans(cursor.table, error);
    });
    if (!sameColumns(columns, found)) throw tableChanged(cursor.table);
    return values.map(build) as readonly T[];
  };
};
