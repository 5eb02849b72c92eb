import { escapeId } from 'mysql2';
import { readSchemaFile } from '../../adapters/avro/schema-file.js';
import { checkSchemaFitsColumns } from '../../adapters/avro/schema-fits-columns.js';
import { describeCursor } from '../../adapters/mysql/cursor.js';
import type { Query } from '../../adapters/mysql/query.js';
import { readTable } from '../../adapters/mysql/table.js';
import { BridgeError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { CursorFacts } from './guarantee.js';
import type { Keyset } from './keyset.js';

export type CapturedTable = Readonly<{ keyset: Keyset; cursor: CursorFacts; digits: number }>;

export type TableOptions = Readonly<{
  database: string;
  table: string;
  cursor: string;
  key: string;
  schemaFile: string;
  log: Log;
}>;

const otherKey = (table: string, wanted: string, found: string): BridgeError =>
  new BridgeError({
    code: 'PRIMARY_KEY_DIFFERS',
    kind: 'configuration',
    found: `The primary key of '${table}' is '${found}', the pipeline says '${wanted}'.`,
    fix: `Write table('${table}', { ..., key: '${found}' }) in the pipeline.`,
  });

/**
 * Learns from the database how a table is to be read, and checks that the topic's schema fits it.
 * @throws BridgeError `configuration` when the table, its columns or the schema do not allow an exact capture
 */
export const learnTable = async (
  query: Query,
  { database, table, cursor, key: wantedKey, schemaFile, log }: TableOptions,
): Promise<CapturedTable> => {
  const found = await readTable(query, { database, table });
  const described = describeCursor(table, found, cursor);
  const { schema } = await readSchemaFile(schemaFile);
  const { leftOut } = checkSchemaFitsColumns(schema, found.columns);
  if (leftOut.length > 0)
    log.warn({ table, columns: leftOut.map(({ name }) => name) }, 'columns that the schema leaves out are not captured');
  const { key, index, digits, type, onUpdateNow, defaultNow } = described;
  if (key.name !== wantedKey) throw otherKey(table, wantedKey, key.name);
  if (index === null)
    log.warn({ table, columns: [cursor, key.name] }, 'no index on cursor and key: each poll sorts the whole table');
  const quote = (name: string): string => escapeId(name, true);
  const names = new Set([...schema.fields.map(({ name }) => name), cursor, key.name]);
  return {
    keyset: {
      table: quote(table),
      columns: [...names].map(quote),
      cursor: quote(cursor),
      key: quote(key.name),
      integerKey: key.type.kind === 'integer' || key.type.kind === 'year',
    },
    cursor: { table, column: cursor, type, onUpdateNow, defaultNow },
    digits,
  };
};
