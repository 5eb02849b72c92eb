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
    /** The bare name of its type in lower case: `decimal`. */
    dataType: string;
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

/** Types that travel in the server's own binary form: geometry as 4 bytes of SRID and then WKB, a vector as floats, small end first. */
export const PACKED_TYPES: readonly string[] = [
  ...['geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon'],
  ...['geometrycollection', 'geomcollection', 'vector'],
];

const BITS: ReadonlyMap<string, 8 | 16 | 24 | 32 | 64> = new Map([
  ['tinyint', 8],
  ['smallint', 16],
  ['mediumint', 24],
  ['int', 32],
  ['bigint', 64],
]);

const named = <const Kind>(kind: Kind, ...names: readonly string[]) => names.map((name): readonly [string, Kind] => [name, kind]);

const SIMPLE = new Map<string, 'year' | 'text' | 'bytes' | 'date' | 'time' | 'float' | 'double'>([
  ['year', 'year'],
  ['date', 'date'],
  ['time', 'time'],
  ['float', 'float'],
  ['double', 'double'],
  ...named('text', 'char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set', 'json'),
  // MariaDB's own, which it prints as text.
  ...named('text', 'uuid', 'inet4', 'inet6'),
  ...named('bytes', 'binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'),
  ...named('bytes', ...PACKED_TYPES),
]);

/** MySQL names no character set for these although they are text. */
const UNICODE: ReadonlySet<string> = new Set(['json', 'uuid', 'inet4', 'inet6']);

const typeOf = ({ dataType, columnType, numericPrecision, numericScale, digits, characterSet }: Row): ColumnType => {
  const name = dataType.toLowerCase();
  const bits = BITS.get(name);
  if (bits !== undefined) return { kind: 'integer', bits, unsigned: /\bunsigned\b/i.test(columnType) };
  if (name === 'decimal') return { kind: 'decimal', precision: Number(numericPrecision), scale: Number(numericScale) };
  if (name === 'datetime' || name === 'timestamp') return { kind: name, digits: Number(digits) };
  if (name === 'bit') return { kind: 'bits', bits: Number(numericPrecision) };
  const kind = SIMPLE.get(name);
  // Text in the character set `binary` is bytes; MySQL then names none.
  const isBytes = kind === 'text' && !UNICODE.has(name) && (characterSet ?? 'binary') === 'binary';
  return { kind: isBytes ? 'bytes' : (kind ?? 'other') };
};

/** MySQL writes CURRENT_TIMESTAMP(6), MariaDB current_timestamp(6). */
const NOW = /^(?:.*\bon update )?current_timestamp(?:\((\d*)\))?/i;

/** Whether a column gets the time, with all digits that it has: MariaDB takes a default with fewer, which is a time before the statement's. */
const isStamped = (by: string | null, digits: number): boolean => {
  const match = NOW.exec(by ?? '');
  return match !== null && Number(match[1] ?? 0) >= digits;
};

const columnOf = (row: Row): TableColumn => {
  const defaultNow = isStamped(row.columnDefault, Number(row.digits));
  const onUpdateNow = /\bon update\b/i.test(row.extra) && isStamped(row.extra, Number(row.digits));
  return {
    name: row.name,
    type: typeOf(row),
    sqlType: row.columnType,
    nullable: row.nullable === 'YES',
    stamped: defaultNow && onUpdateNow,
    defaultNow,
    onUpdateNow,
    generated: /\b(virtual|stored) generated\b/i.test(row.extra),
    dataType: row.dataType.toLowerCase(),
    characterSet: row.characterSet,
  };
};

/** Where a table is; without a database, in the connection's. */
export type TableName = Readonly<{ database?: string; table: string }>;

/** The columns of a table in its order; none when there is no such table, or no right to see it. */
export const readColumns = async (query: Query, { database, table }: TableName): Promise<readonly TableColumn[]> => {
  const rows = await query<Row>(COLUMNS_SQL, [database ?? null, table]);
  return rows.map(columnOf);
};
