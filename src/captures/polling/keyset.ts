import { raw } from 'mysql2';
import type { Position } from '../../core/position.js';

/** How a page of rows is asked for. Names are already quoted. */
export type Keyset = Readonly<{
  table: string;
  columns: readonly string[];
  cursor: string;
  key: string;
  integerKey: boolean;
  /** For keys that are neither whole numbers nor texts. */
  keyForm?: 'decimal' | 'bytes';
}>;

export type Statement = Readonly<{ sql: string; params: readonly unknown[] }>;

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** A number literal keeps a BIGINT or a DECIMAL exact; a quoted one would be compared as a double. */
const keyParameter = ({ integerKey, keyForm }: Keyset, key: string): unknown => {
  if (integerKey) return BigInt(key);
  if (keyForm === 'bytes') return Buffer.from(key, 'hex');
  return keyForm === 'decimal' && DECIMAL.test(key) ? raw(key) : key;
};

const after = (keyset: Keyset, position: Position | null): Statement => {
  const { cursor, key } = keyset;
  const timestamp = position?.timestamp;
  if (timestamp === undefined) return { sql: 'TRUE', params: [] };
  const id = position?.key;
  if (id === undefined) return { sql: `${cursor} >= ?`, params: [timestamp] };
  return {
    sql: `(${cursor} > ? OR (${cursor} = ? AND ${key} > ?))`,
    params: [timestamp, timestamp, keyParameter(keyset, id)],
  };
};

/** The next rows after a position and below a time, in the order (cursor, key). The OR form is the one that MySQL reads as an index range. */
export const pageStatement = (keyset: Keyset, from: Position | null, below: string, limit: number): Statement => {
  const { sql, params } = after(keyset, from);
  const { table, columns, cursor, key } = keyset;
  return {
    sql: `SELECT ${columns.join(', ')} FROM ${table} WHERE ${sql} AND ${cursor} < ? ORDER BY ${cursor}, ${key} LIMIT ${limit}`,
    params: [...params, below],
  };
};

/** How many rows lie after a position, the oldest of them, and the clock. */
export const waitingStatement = (keyset: Keyset, from: Position | null): Statement => {
  const { sql, params } = after(keyset, from);
  const oldest = `CAST(CAST(MIN(${keyset.cursor}) AS DATETIME(6)) AS CHAR)`;
  return { sql: `SELECT COUNT(*) n, ${oldest} oldest, CAST(NOW(6) AS CHAR) now FROM ${keyset.table} WHERE ${sql}`, params };
};

/** One row at or before a time, if there is one. */
export const upToStatement = ({ table, cursor }: Keyset, timestamp: string): Statement => ({
  sql: `SELECT 1 FROM ${table} WHERE ${cursor} <= ? LIMIT 1`,
  params: [timestamp],
});
