import { escape as escapeValue, raw } from 'mysql2';
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

/** Values stand in the statement: a question mark in a column's name would be taken for a place to put one. */
const literal = (value: unknown): string => escapeValue(value as Parameters<typeof escapeValue>[0]);

const after = (keyset: Keyset, position: Position | null): string => {
  const { cursor, key } = keyset;
  const timestamp = position?.timestamp;
  if (timestamp === undefined) return 'TRUE';
  const at = literal(timestamp);
  const id = position?.key;
  if (id === undefined) return `${cursor} >= ${at}`;
  return `(${cursor} > ${at} OR (${cursor} = ${at} AND ${key} > ${literal(keyParameter(keyset, id))}))`;
};

/** The next rows after a position and below a time, in the order (cursor, key). The OR form is the one that MySQL reads as an index range. */
export const pageStatement = (keyset: Keyset, from: Position | null, below: string, limit: number): Statement => {
  const { table, columns, cursor, key } = keyset;
  const where = `${after(keyset, from)} AND ${cursor} < ${literal(below)}`;
  return {
    sql: `SELECT ${columns.join(', ')} FROM ${table} WHERE ${where} ORDER BY ${cursor}, ${key} LIMIT ${limit}`,
    params: [],
  };
};

/** The next rows in the order of the primary key, after one with this key as a position has it. */
export const nextStatement = (
  keyset: Keyset,
  columns: readonly string[],
  afterKey: string | undefined,
  limit: number,
): string => {
  const { table, key } = keyset;
  const where = afterKey === undefined ? '' : `WHERE ${key} > ${literal(keyParameter(keyset, afterKey))} `;
  return `SELECT ${columns.join(', ')} FROM ${table} ${where}ORDER BY ${key} LIMIT ${limit}`;
};

/** How many rows lie after a position, the oldest of them, and the clock. */
export const waitingStatement = (keyset: Keyset, from: Position | null): Statement => {
  const oldest = `CAST(CAST(MIN(${keyset.cursor}) AS DATETIME(6)) AS CHAR)`;
  const selected = `COUNT(*) n, ${oldest} oldest, CAST(NOW(6) AS CHAR) now`;
  return { sql: `SELECT ${selected} FROM ${keyset.table} WHERE ${after(keyset, from)}`, params: [] };
};

/** One row at or before a time, if there is one. */
export const upToStatement = ({ table, cursor }: Keyset, timestamp: string): Statement => ({
  sql: `SELECT 1 FROM ${table} WHERE ${cursor} <= ${literal(timestamp)} LIMIT 1`,
  params: [],
});
