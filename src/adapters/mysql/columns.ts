import type { Column, ColumnType } from '../../core/column.js';
import type { Query } from './query.js';

/** A column with what MySQL says besides its type. */
export type TableColumn = Column &
  Readonly<{
    /** The database stamps it when a row is inserted without a value for it. */
    defaultNow: boolean;
    /** The database stamps it on every change of the row. */
    onUpdateNow: boolean;
    /** The database works it out of other columns. */
    generated: boolean;
    characterSet: string | null;
  }>;

type Row = Readonly<{
  name: string;
  dataType: string;
  columnType: string;
  nullable: string;
  numericPrecision: number | string | null;
  numericScale: number | string | null;
  digits: number | string | null;
  extra: string;
  columnDefault: string | null;
  characterSet: string | null;
}>;

const COLUMNS_SQL = `
SELECT COLUMN_NAME name, DATA_TYPE dataType, COLUMN_TYPE columnType, IS_NULLABLE nullable, NUMERIC_PRECISION numericPrecision,
  NUMERIC_SCALE numericScale, DATETIME_PRECISION digits, EXTRA extra, COLUMN_DEFAULT columnDefault, CHARACTER_SET_NAME characterSet
FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ?
ORDER BY ORDINAL_POSITION`;

const BITS: ReadonlyMap<string, 8 | 16 | 24 | 32 | 64> = new Map([
  ['tinyint', 8],
  ['smallint', 16],
  ['mediumint', 24],
  ['int', 32],
  ['bigint', 64],
]);

const SIMPLE: ReadonlyMap<string, 'year' | 'text' | 'date' | 'time'> = new Map([
  ['year', 'year'],
  ['date', 'date'],
  ['time', 'time'],
  ...['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set', 'json'].map(
    (name) => [name, 'text'] as const,
  ),
]);

const typeOf = ({ dataType, columnType, numericPrecision, numericScale, digits, characterSet }: Row): ColumnType => {
  const name = dataType.toLowerCase();
  const bits = BITS.get(name);
  if (bits !== undefined) return { kind: 'integer', bits, unsigned: /\bunsigned\b/i.test(columnType) };
  if (name === 'decimal') return { kind: 'decimal', precision: Number(numericPrecision), scale: Number(numericScale) };
  if (name === 'datetime' || name === 'timestamp') return { kind: name, digits: Number(digits) };
  const kind = SIMPLE.get(name);
  // Text in the character set `binary` is bytes; MySQL then names none, as it does for JSON, which is utf8mb4.
  const isBytes = kind === 'text' && name !== 'json' && (characterSet ?? 'binary') === 'binary';
  return { kind: kind === undefined || isBytes ? 'other' : kind };
};

const columnOf = (row: Row): TableColumn => ({
  name: row.name,
  type: typeOf(row),
  sqlType: row.columnType,
  nullable: row.nullable === 'YES',
  // MySQL writes CURRENT_TIMESTAMP(6), MariaDB current_timestamp(6).
  defaultNow: /^current_timestamp\b/i.test(row.columnDefault ?? ''),
  onUpdateNow: /\bon update current_timestamp\b/i.test(row.extra),
  generated: /\b(virtual|stored) generated\b/i.test(row.extra),
  characterSet: row.characterSet,
});

/** Where a table is; without a database, in the connection's. */
export type TableName = Readonly<{ database?: string; table: string }>;

/** The columns of a table in its order; none when there is no such table, or no right to see it. */
export const readColumns = async (query: Query, { database, table }: TableName): Promise<readonly TableColumn[]> => {
  const rows = await query<Row>(COLUMNS_SQL, [database ?? null, table]);
  return rows.map(columnOf);
};
