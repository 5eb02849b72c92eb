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

const WHOLE = /^-?\d+$/;

type Kind = TableColumn['type']['kind'];

const NUMBERS: readonly Kind[] = ['integer', 'year', 'bits'];

/** Of these only the server knows the order of texts, which go by their collation. */
const isOrdered = (kind: Kind | undefined): boolean => kind === 'bytes' || (kind !== undefined && NUMBERS.includes(kind));

/** What a key is; undefined where there is no such column. */
export const kindOfKey = (columns: readonly TableColumn[], key: string): Kind | undefined =>
  columns.find(({ name }) => name === key)?.type.kind;

/** Whether keys come in the same order here as on the server. */
export const hasOrderedKeys = (columns: readonly TableColumn[], key: string): boolean => isOrdered(kindOfKey(columns, key));

const orderNumbers = (a: string, b: string): number => Number(BigInt(a) > BigInt(b)) - Number(BigInt(a) < BigInt(b));

/** A key as text, the same for a row of the database and a decoded record; bytes in hexadecimal. */
const keyText = (key: unknown, kind: Kind | undefined): string => {
  if (Buffer.isBuffer(key)) return key.toString('hex');
  if (isDecimal(key)) return decimalText(key);
  return kind === 'datetime' || kind === 'timestamp' ? printedTimestamp(String(key)) : String(key);
};

/**
 * Both a row as MySQL prints it and a decoded record give the same position.
 * @param kind what the key is, as soon as that is known
 */
export const positionsOf = (cursor: string, key: string, kind: () => Kind | undefined = () => 'integer'): TablePositions => ({
  positionOf: (row) => ({ timestamp: printedTimestamp(String(row[cursor])), key: keyText(row[key], kind()) }),
  compare(a, b) {
    const byTime = order(a.timestamp ?? '', b.timestamp ?? '');
    if (byTime !== 0) return byTime;
    if (a.key === undefined || b.key === undefined) return Number(a.key !== undefined) - Number(b.key !== undefined);
    const areNumbers = NUMBERS.includes(kind() as Kind) && WHOLE.test(a.key) && WHOLE.test(b.key);
    return areNumbers ? orderNumbers(a.key, b.key) : order(a.key, b.key);
  },
});
