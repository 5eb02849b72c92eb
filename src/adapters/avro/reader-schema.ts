import type { Type } from 'avsc';
import { avroType } from './avro-type.js';
import type { AvroField, AvroSchema } from './schema-file.js';
import { isRecord } from './topic-schema.js';

/** A schema, and the type that values are read or written by. */
export type TypedSchema = Readonly<{ schema: AvroSchema; type: Type }>;

/**
 * What a record is read as: our own fields, and after them those of its writer that ours does not name, so that a column that was
 * added while we run is not dropped. Where such fields cannot stand beside ours, because they share the definition of a type, ours alone.
 */
export const readerFor = (ours: TypedSchema, writer: unknown): TypedSchema => {
  if (!isRecord(writer)) return ours;
  const known = new Set(ours.schema.fields.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
  const more: readonly AvroField[] = writer.fields.filter(({ name }) => !known.has(name));
  if (more.length === 0) return ours;
  const schema = { ...ours.schema, fields: [...ours.schema.fields, ...more] };
  try {
    return { schema, type: avroType(schema, 'plain') };
  } catch {
    return ours;
  }
};
