import type { TableColumn } from '../../adapters/mysql/columns.js';
import { decimalText, isDecimal } from '../../core/decimal.js';
import type { Row } from '../../core/pipeline.js';
import type { Position } from '../../core/position.js';
import { printedTimestamp } from '../../core/timestamp.js';

/** Positions of a table: `timestamp` (canonical) and `key` (the primary key as text, bytes in hexadecimal). Without `key`: before the first row of that time. */
export type TablePositions = Readonly<{
  positionOf(row: Row): Position;
  compare(a: Position, b: Position): number;
}>;

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const ORDERED_KINDS: readonly string[] = ['integer', 'year', 'bits', 'bytes'];

/** Whether keys come in the same order here as on the server. Of texts only the server knows: it goes by their collation. */
export const hasOrderedKeys = (columns: readonly TableColumn[], key: string): boolean =>
  ORDERED_KINDS.includes(columns.find(({ name }) => name === key)?.type.kind ?? '');

/** Integers by value, other keys as the text they are. */
const orderKeys = (a: string, b: string): number =>
  /^-?\d+$/.test(a) && /^-?\d+$/.test(b) ? Number(BigInt(a) > BigInt(b)) - Number(BigInt(a) < BigInt(b)) : order(a, b);

/** A key as text, the same for a row of the database and a decoded record; bytes in hexadecimal. */
const keyText = (key: unknown): string => {
  if (typeof key !== 'object' || key === null) return String(key);
  if (Buffer.isBuffer(key)) return key.toString('hex');
  return isDecimal(key) ? decimalText(key) : String(key);
};

/** Both a row as MySQL prints it and a decoded record give the same position. */
export const positionsOf = (cursor: string, key: string): TablePositions => ({
  positionOf: (row) => ({ timestamp: printedTimestamp(String(row[cursor])), key: keyText(row[key]) }),
  compare(a, b) {
    const byTime = order(a.timestamp ?? '', b.timestamp ?? '');
    if (byTime !== 0) return byTime;
    if (a.key === undefined || b.key === undefined) return Number(a.key !== undefined) - Number(b.key !== undefined);
    return orderKeys(a.key, b.key);
  },
});
