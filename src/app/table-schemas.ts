import { isDeepStrictEqual } from 'node:util';
import { fieldChanges } from '../adapters/avro/field-changes.js';
import { columnNameOf } from '../adapters/avro/field-name.js';
import type { Registry } from '../adapters/avro/registry.js';
import { schemaDifferences } from '../adapters/avro/schema-difference.js';
import { type AvroSchema, findSchemaFile } from '../adapters/avro/schema-file.js';
import { fitDifferences } from '../adapters/avro/schema-fits-columns.js';
import { schemaOfColumns, schemaOfTable } from '../adapters/avro/table-schema.js';
import { recordOf, schemaFileOf } from '../adapters/avro/topic-schema.js';
import { atomicWrite } from '../adapters/files/atomic-write.js';
import { openConnection } from '../adapters/mysql/connect.js';
import { readTable } from '../adapters/mysql/table.js';
import { BridgeError } from '../core/errors.js';
import type { TableFeed } from '../core/pipeline.js';
import { type Clients, schemasDirectory } from './clients.js';

/** What a table, its schema file and the registry say of a topic's records. */
export type SchemaReport = Readonly<{
  feed: string;
  table: string;
  subject: string;
  /** Of the schema file, whether it is there or not. */
  path: string;
  /** The record that the table gives now, with the file's words. */
  schema: AvroSchema;
  /** The schema file's record; null without a file. */
  file: AvroSchema | null;
  /** Columns that the file does not name: they travel as nullable fields, or not at all where the format is closed. */
  notInFile: readonly string[];
  /** The latest version of the subject; null before the first, or where the registry was not asked. */
  registered: Readonly<{ id: number; version: number }> | null;
  /** What keeps the file from the table, and the record from the latest of the registry. */
  differences: Readonly<{ table: readonly string[]; registry: readonly string[] }>;
}>;

/**
 * Looks at one table.
 * @param registry left out where only the table counts
 * @throws BridgeError `configuration` when the table is missing or has a column that has no Avro type
 */
export const reportSchema = async (
  clients: Clients,
  { name, source, topic }: TableFeed,
  registry?: Registry,
): Promise<SchemaReport> => {
  const { format } = topic;
  if (format.kind !== 'avro') throw new TypeError(`topic '${topic.name}' does not hold Avro`);
  const connection = await openConnection(clients.capture, { role: 'schema' });
  const { columns } = await readTable(connection.query, { table: source.table }).finally(() => connection.close());
  const path = schemaFileOf(schemasDirectory, format);
  const file = (await findSchemaFile(path))?.schema ?? null;
  const named = new Set(file?.fields.map(columnNameOf) ?? columns.map((column) => column.name));
  const travelling = columns.filter((column) => !format.closed || named.has(column.name));
  const latest = (await registry?.latest(format.schema)) ?? null;
  const base = file ?? (latest === null ? undefined : recordOf(latest.schema));
  const schema = base === undefined ? schemaOfColumns(format.schema, travelling) : schemaOfTable(base, travelling);
  return {
    feed: name,
    table: source.table,
    subject: format.schema,
    path,
    schema,
    file,
    notInFile: columns.filter((column) => !named.has(column.name)).map((column) => column.name),
    registered: latest === null ? null : { id: latest.id, version: latest.version },
    differences: {
      table: file === null ? [] : fitDifferences(file, columns),
      registry: latest === null ? [] : schemaDifferences(recordOf(latest.schema) ?? latest.schema, schema),
    },
  };
};

const fileDiffers = ({ path }: SchemaReport, differences: readonly string[]): BridgeError =>
  new BridgeError({
    code: 'SCHEMA_FILE_DIFFERS',
    kind: 'configuration',
    found: `${path} holds another schema than the table gives: ${differences.join('; ')}.`,
    fix: 'Add --yes to write over it; git keeps the old one.',
  });

export type Pulled = Readonly<{ path: string; written: boolean; differences: readonly string[] }>;

/**
 * Writes the schema that a table gives into its file, unless it is there already.
 * @throws BridgeError `configuration` with every difference when another is there and `overwrite` is false
 */
export const pullSchema = async (report: SchemaReport, overwrite: boolean): Promise<Pulled> => {
  const { path, schema, file } = report;
  if (file !== null && isDeepStrictEqual(file, schema)) return { path, written: false, differences: [] };
  const differences = file === null ? [] : fieldChanges(file, schema);
  if (file !== null && !overwrite) throw fileDiffers(report, differences);
  await atomicWrite(path, `${JSON.stringify(schema, null, 2)}\n`);
  return { path, written: true, differences };
};
