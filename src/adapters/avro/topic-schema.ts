import { join } from 'node:path';
import type { Column } from '../../core/column.js';
import type { AvroFormat } from '../../core/topic.js';
import type { Registry } from './registry.js';
import { type AvroSchema, findSchemaFile, readSchemaFile } from './schema-file.js';
import { checkSchemaFitsColumns, type Fit } from './schema-fits-columns.js';
import { schemaOfColumns, withNewColumns, withoutGoneColumns } from './table-schema.js';

export type TopicSchemaParts = Readonly<{ schemasDirectory: string; registry(): Registry }>;

export const schemaFileOf = (schemasDirectory: string, { schema }: AvroFormat): string =>
  join(schemasDirectory, `${schema}.avsc`);

/** Whether a schema is that of a record. */
export const isRecord = (schema: unknown): schema is AvroSchema =>
  typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'record' && 'fields' in schema;

/** The record that a registry's text holds; undefined for anything else. */
export const recordOf = (text: string): AvroSchema | undefined => {
  try {
    const schema: unknown = JSON.parse(text);
    return isRecord(schema) ? schema : undefined;
  } catch {
    return undefined;
  }
};

const registered = async (registry: Registry, subject: string): Promise<AvroSchema | undefined> => {
  const latest = await registry.latest(subject);
  return latest === null ? undefined : recordOf(latest.schema);
};

/** What a topic's records are written by, and how the table that feeds it fits; without columns only the former. */
export type TopicSchema = Readonly<{ schema: AvroSchema; fit: Fit | undefined }>;

/**
 * The schema of a topic: that of its file, or without one the latest of the registry, or the first of its table.
 * Unless the format is closed, columns that it does not name are appended.
 * @throws BridgeError `configuration` when there is none at all, when it is not valid or does not fit the columns
 */
export const topicSchema = async (
  { schemasDirectory, registry }: TopicSchemaParts,
  format: AvroFormat,
  columns: readonly Column[] | undefined,
): Promise<TopicSchema> => {
  const path = schemaFileOf(schemasDirectory, format);
  const file = await findSchemaFile(path);
  const given = file?.schema ?? (format.closed ? undefined : await registered(registry(), format.schema));
  if (columns === undefined) return { schema: given ?? (await readSchemaFile(path)).schema, fit: undefined };
  if (given === undefined && format.closed) return { schema: (await readSchemaFile(path)).schema, fit: undefined };
  const base = given ?? schemaOfColumns(format.schema, columns);
  const schema = file === undefined ? withoutGoneColumns(base, columns) : base;
  const fit = checkSchemaFitsColumns(schema, columns);
  return { schema: format.closed ? schema : withNewColumns(schema, columns), fit };
};
