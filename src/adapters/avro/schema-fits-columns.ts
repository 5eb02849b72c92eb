import type { Column } from '../../core/column.js';
import { BridgeError } from '../../core/errors.js';
import { avroTypesOf, columnToAvro } from './column-to-avro.js';
import { columnNameOf } from './field-name.js';
import type { AvroField, AvroSchema } from './schema-file.js';
import { type Json, namesIn, normalType, typeText } from './schema-json.js';

const isDecimal = (type: Json): boolean => type.logicalType === 'decimal' && type.type === 'bytes';

/** Whether a schema's type holds what another one does. A decimal may have room for more digits, at the same scale. */
const holds = (given: Json, wanted: Json): boolean => {
  if (isDecimal(given) && isDecimal(wanted))
    return (given.scale ?? 0) === wanted.scale && Number(given.precision) >= Number(wanted.precision);
  return given.type === wanted.type && given.logicalType === wanted.logicalType;
};

const branchesOf = (type: unknown): readonly Json[] => {
  const normal = normalType(type, namesIn(type));
  return (Array.isArray(normal) ? normal : [normal]).map((branch) => normalType(branch, new Map()) as Json);
};

/** Whether a value without the field can be written: by its default, or as null. */
export const isOptional = ({ type, default: value }: AvroField): boolean =>
  value !== undefined || branchesOf(type).some(({ type: name }) => name === 'null');

/** What keeps a field from its column, in words; undefined when nothing does. */
export const fieldDifference = (field: AvroField, column: Column | undefined): string | undefined => {
  if (column === undefined) return isOptional(field) ? undefined : `field '${field.name}' is not a column`;
  const wanted = avroTypesOf(column).map((ways) => ways.map((type) => normalType(type, new Map()) as Json));
  const branches = branchesOf(field.type);
  const values = branches.filter(({ type: name }) => name !== 'null');
  const fits = wanted.some(
    (ways) => ways.length === values.length && ways.every((way) => values.some((value) => holds(value, way))),
  );
  const canBeNull = values.length < branches.length;
  if (fits && (canBeNull || !column.nullable)) return undefined;
  const nullable = column.nullable ? 'nullable ' : '';
  return `field '${field.name}' is ${typeText(field.type)}, but its column is ${nullable}${column.sqlType}, which takes ${typeText(columnToAvro(column))}`;
};

const doesNotFit = (schema: AvroSchema, differences: readonly string[]): BridgeError =>
  new BridgeError({
    code: 'SCHEMA_DOES_NOT_FIT_TABLE',
    kind: 'configuration',
    found: `The Avro record ${schema.name} does not fit the table: ${differences.join('; ')}.`,
    fix: 'Change the schema file or the table.',
  });

/** The columns that the schema leaves out, and the fields whose column is gone: they get their default, or null. */
export type Fit = Readonly<{ leftOut: readonly Column[]; withoutColumn: readonly string[] }>;

/** What keeps a table's rows from the fields of a schema, in words. */
export const fitDifferences = (schema: AvroSchema, columns: readonly Column[]): readonly string[] => {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return schema.fields.flatMap((field) => fieldDifference(field, byName.get(columnNameOf(field))) ?? []);
};

/**
 * Checks that every field of a schema is a column of a type that fits, or does without one.
 * @throws BridgeError `configuration` listing every difference, or naming a column whose type cannot be mapped
 */
export const checkSchemaFitsColumns = (schema: AvroSchema, columns: readonly Column[]): Fit => {
  const differences = fitDifferences(schema, columns);
  if (differences.length > 0) throw doesNotFit(schema, differences);
  const [fields, names] = [new Set(schema.fields.map(columnNameOf)), new Set(columns.map(({ name }) => name))];
  return {
    leftOut: columns.filter(({ name }) => !fields.has(name)),
    withoutColumn: [...fields].filter((name) => !names.has(name)),
  };
};
