import { escapeId } from 'mysql2';
import { BridgeError } from '../../core/errors.js';
import type { TableColumn } from './columns.js';
import type { Table } from './table.js';

/** The facts that the order of reading a table rests on. */
export type Cursor = Readonly<{
  column: TableColumn;
  type: 'timestamp' | 'datetime';
  /** After the second: 0 to 6. */
  digits: number;
  defaultNow: boolean;
  onUpdateNow: boolean;
  /** The one column of the primary key. */
  key: TableColumn;
  /** The name of an index on (cursor, primary key), in which pages are read without sorting. */
  index: string | null;
}>;

const refuse = (code: string, found: string, fix: string): BridgeError =>
  new BridgeError({ code, kind: 'configuration', found, fix });

const isMoment = ({ type }: TableColumn): boolean => type.kind === 'timestamp' || type.kind === 'datetime';

const cursorMissing = (table: string, wanted: string, columns: readonly TableColumn[]): BridgeError => {
  const moments = columns.filter(isMoment).map(({ name }) => `'${name}'`);
  const others = moments.length === 0 ? 'It has no timestamp column' : `Its timestamp columns: ${moments.join(', ')}`;
  const exact = columns.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  const hint = exact === undefined ? '' : ` Names count letter by letter: it is '${exact.name}'.`;
  return refuse(
    'CURSOR_COLUMN_MISSING',
    `The table '${table}' has no column '${wanted}'. ${others}.${hint}`,
    'Name the column that the database stamps on every change.',
  );
};

const digitsOf = ({ type }: TableColumn): number => ('digits' in type ? type.digits : 0);

const stampedSql = (table: string, column: TableColumn): string => {
  const [tableId, columnId] = [escapeId(table, true), escapeId(column.name, true)];
  const now = `CURRENT_TIMESTAMP(${digitsOf(column)})`;
  const fill = `UPDATE ${tableId} SET ${columnId} = ${now} WHERE ${columnId} IS NULL;`;
  return `${fill} ALTER TABLE ${tableId} MODIFY ${columnId} ${column.sqlType.toUpperCase()} NOT NULL DEFAULT ${now} ON UPDATE ${now};`;
};

const momentOf = (table: string, { columns }: Table, wanted: string): TableColumn => {
  const column = columns.find(({ name }) => name === wanted);
  if (column === undefined) throw cursorMissing(table, wanted, columns);
  if (!isMoment(column))
    throw refuse(
      'CURSOR_TYPE_UNSUPPORTED',
      `Column '${wanted}' of '${table}' is of type ${column.sqlType}; a table is read in the order of a timestamp or datetime column.`,
      'Name another column.',
    );
  if (column.nullable)
    throw refuse(
      'CURSOR_NULLABLE',
      `Column '${wanted}' of '${table}' may be NULL: such a row would never be read.`,
      stampedSql(table, column),
    );
  return column;
};

const keyOf = (table: string, { columns, primaryKey }: Table): TableColumn => {
  const key = columns.find(({ name }) => name === primaryKey[0]);
  // MySQL sorts these by their number and compares them with a text as texts: rows would be passed over.
  const sorts = key?.dataType !== 'enum' && key?.dataType !== 'set';
  if (key !== undefined && primaryKey.length === 1 && sorts) return key;
  const found = !sorts
    ? `has a primary key of type ${key?.sqlType}`
    : primaryKey.length === 0
      ? 'has no primary key'
      : `has a primary key of several columns (${primaryKey.join(', ')})`;
  throw refuse(
    'PRIMARY_KEY_UNSUPPORTED',
    `The table '${table}' ${found}.`,
    'A table needs a primary key of one whole column that is no ENUM or SET to be captured.',
  );
};

/**
 * What is known of the column that a table is read by.
 * @throws BridgeError `configuration` when the table cannot be read by it
 */
export const describeCursor = (tableName: string, table: Table, cursor: string): Cursor => {
  const column = momentOf(tableName, table, cursor);
  const key = keyOf(tableName, table);
  const index = table.indexes.find(({ columns }) => columns[0] === cursor && columns[1] === key.name);
  return {
    column,
    type: column.type.kind as Cursor['type'],
    digits: digitsOf(column),
    defaultNow: column.defaultNow,
    onUpdateNow: column.onUpdateNow,
    key,
    index: index?.name ?? null,
  };
};
