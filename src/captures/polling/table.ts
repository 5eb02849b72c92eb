import { escapeId } from 'mysql2';
import { columnNameOf } from '../../adapters/avro/field-name.js';
import { findSchemaFile } from '../../adapters/avro/schema-file.js';
import { checkSchemaFitsColumns } from '../../adapters/avro/schema-fits-columns.js';
import type { TableColumn } from '../../adapters/mysql/columns.js';
import { describeCursor } from '../../adapters/mysql/cursor.js';
import type { Query } from '../../adapters/mysql/query.js';
import { type SelectedColumn, selectedColumn } from '../../adapters/mysql/select-column.js';
import { readTable } from '../../adapters/mysql/table.js';
import { BridgeError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { CursorFacts } from './guarantee.js';
import type { Keyset } from './keyset.js';

export type CapturedTable = Readonly<{
  keyset: Keyset;
  cursor: CursorFacts;
  digits: number;
  /** All columns of the table. */
  columns: readonly TableColumn[];
  /** What a row is made of: the columns that travel, in the order of `keyset.columns`. */
  selected: readonly (SelectedColumn & Readonly<{ name: string }>)[];
}>;

export type TableOptions = Readonly<{
  database: string;
  table: string;
  cursor: string;
  key: string;
  /** Where the topic's schema lies, if there is one. */
  schemaFile: string;
  /** Whether only the columns that the schema file names travel. */
  closed?: boolean;
  log: Log;
}>;

const KEY_FORMS: ReadonlyMap<string, NonNullable<Keyset['keyForm']>> = new Map([
  ['decimal', 'decimal'],
  ['bytes', 'bytes'],
]);

const otherKey = (table: string, wanted: string, found: string): BridgeError =>
  new BridgeError({
    code: 'PRIMARY_KEY_DIFFERS',
    kind: 'configuration',
    found: `The primary key of '${table}' is '${found}', the pipeline says '${wanted}'.`,
    fix: `Write table('${table}', { ..., key: '${found}' }) in the pipeline.`,
  });

/** Records without the cursor or the key could not be told from rows that have yet to be sent. */
const checkNamed = (file: string, named: ReadonlySet<string>, wanted: readonly string[]): void => {
  const missing = wanted.filter((name) => !named.has(name));
  if (missing.length === 0) return;
  throw new BridgeError({
    code: 'SCHEMA_DOES_NOT_FIT_TABLE',
    kind: 'configuration',
    found: `${file} leaves out ${missing.map((name) => `'${name}'`).join(' and ')}, and only the columns that it names travel.`,
    fix: 'Name the cursor column and the primary key in it.',
  });
};

/**
 * Learns from the database how a table is to be read, and checks that the topic's schema fits it.
 * @throws BridgeError `configuration` when the table, its columns or the schema do not allow an exact capture
 */
export const learnTable = async (
  query: Query,
  { database, table, cursor, key: wantedKey, schemaFile, closed = false, log }: TableOptions,
): Promise<CapturedTable> => {
  const found = await readTable(query, { database, table });
  const described = describeCursor(table, found, cursor);
  const file = await findSchemaFile(schemaFile);
  if (file !== undefined) checkSchemaFitsColumns(file.schema, found.columns);
  const { key, index, digits, type, onUpdateNow, defaultNow } = described;
  if (key.name !== wantedKey) throw otherKey(table, wantedKey, key.name);
  if (index === null)
    log.warn({ table, columns: [cursor, key.name] }, 'no index on cursor and key: each poll sorts the whole table');
  const quote = (name: string): string => escapeId(name, true);
  const named = new Set(file?.schema.fields.map(columnNameOf) ?? [cursor, key.name]);
  if (closed) checkNamed(schemaFile, named, [cursor, key.name]);
  const travelling = found.columns.filter(({ name }) => !closed || named.has(name));
  const selected = travelling.map((column) => ({ ...selectedColumn(column), name: column.name }));
  const keyForm = KEY_FORMS.get(key.type.kind);
  return {
    keyset: {
      table: quote(table),
      // The driver refuses some names (__proto__). The others below are qualified, so that none of these numbers is meant by them.
      columns: selected.map(({ sql }, index) => `${sql} AS ${quote(String(index))}`),
      cursor: `${quote(table)}.${quote(cursor)}`,
      key: `${quote(table)}.${quote(key.name)}`,
      integerKey: ['integer', 'year', 'bits'].includes(key.type.kind),
      ...(keyForm === undefined ? {} : { keyForm }),
    },
    cursor: { table, column: cursor, type, onUpdateNow, defaultNow },
    digits,
    columns: found.columns,
    selected,
  };
};
