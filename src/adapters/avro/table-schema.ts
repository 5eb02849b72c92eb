import type { Column } from '../../core/column.js';
import { columnToAvro } from './column-to-avro.js';
import { columnNameOf, fieldNameOf } from './field-name.js';
import type { AvroField, AvroSchema } from './schema-file.js';
import { fieldDifference, isOptional } from './schema-fits-columns.js';

const named = ({ name }: Column): Pick<AvroField, 'name' | 'column'> => {
  const field = fieldNameOf(name);
  return field === name ? { name } : { name: field, column: name };
};

/** A column that a schema did not have before: records without it read as null. */
const addedField = (column: Column): AvroField => {
  const type = columnToAvro({ ...column, nullable: true });
  return { ...named(column), type, default: null };
};

const recordName = (subject: string): string =>
  subject
    .replace(/-value$/, '')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
    .replace(/^(?=[0-9]|$)/, '_');

/**
 * The first schema of a table: all its columns, in their order.
 * @throws BridgeError `configuration` naming a column of a type that has none in Avro
 */
export const schemaOfColumns = (subject: string, columns: readonly Column[]): AvroSchema => ({
  type: 'record',
  name: recordName(subject),
  namespace: 'rowbridge',
  fields: columns.map((column) => ({ ...named(column), type: columnToAvro(column) })),
});

/**
 * A schema that follows its table: the fields it has, then the columns that it does not name, as nullable fields with the default null.
 * @throws BridgeError `configuration` naming a column of a type that has none in Avro
 */
export const withNewColumns = (schema: AvroSchema, columns: readonly Column[]): AvroSchema => {
  const known = new Set(schema.fields.map(columnNameOf));
  const added = columns.filter(({ name }) => !known.has(name));
  return added.length === 0 ? schema : { ...schema, fields: [...schema.fields, ...added.map(addedField)] };
};

/** A schema without the fields whose column is gone and that records can do without. */
export const withoutGoneColumns = (schema: AvroSchema, columns: readonly Column[]): AvroSchema => {
  const names = new Set(columns.map(({ name }) => name));
  return { ...schema, fields: schema.fields.filter((field) => names.has(columnNameOf(field)) || !isOptional(field)) };
};

const withoutDefault = ({ default: _, ...field }: AvroField): AvroField => field;

/**
 * A schema as its table would have it: fields that fit stay as they are, others get the type of their column, those without a column
 * go, and columns without a field come last.
 * @throws BridgeError `configuration` naming a column of a type that has none in Avro
 */
export const schemaOfTable = (schema: AvroSchema, columns: readonly Column[]): AvroSchema => {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const fields = schema.fields.flatMap((field) => {
    const column = byName.get(columnNameOf(field));
    if (column === undefined) return [];
    const fits = fieldDifference(field, column) === undefined;
    return fits ? field : { ...withoutDefault(field), type: columnToAvro(column) };
  });
  return withNewColumns({ ...schema, fields }, columns);
};
