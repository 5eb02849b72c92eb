import type { Column } from '../../core/column.js';
import { BridgeError } from '../../core/errors.js';
import { avroTypesOf, columnToAvro } from './column-to-avro.js';
import type { AvroField, AvroSchema } from './schema-file.js';
import { type Json, namesIn, normalType, typeText } from './schema-json.js';

const isDecimal = (type: Json): boolean => type.logicalType === 'decimal' && type.type === 'bytes';

/** Whether a schema's type holds what another one does. A decimal may have room for more digits, at the same scale. */
const holds = (given: Json, wanted: Json): boolean => {
  if (isDecimal(given) && isDecimal(wanted))
    return (given.scale ?? 0) === wanted.scale && Number(given.precision) >= Number(wanted.precision);
  return given.type === wanted.type && given.logicalType === wanted.logicalType;
};

const fieldDifference = (field: AvroField, column: Column | undefined): string | undefined => {
  if (column === undefined) return `field '${field.name}' is not a column`;
  const wanted = avroTypesOf(column).map((type) => normalType(type, new Map()) as Json);
  const type = normalType(field.type, namesIn(field.type));
  const branches = (Array.isArray(type) ? type : [type]).map((branch) => normalType(branch, new Map()) as Json);
  const values = branches.filter(({ type: name }) => name !== 'null');
  const fits = values.length === 1 && wanted.some((one) => holds(values[0] as Json, one));
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

/** The columns that the schema leaves out. */
export type Fit = Readonly<{ leftOut: readonly Column[] }>;

/**
 * Checks that every field of a schema is a column of a type that fits.
 * @throws BridgeError `configuration` listing every difference, or naming a column whose type cannot be mapped
 */
export const checkSchemaFitsColumns = (schema: AvroSchema, columns: readonly Column[]): Fit => {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const differences = schema.fields.flatMap((field) => fieldDifference(field, byName.get(field.name)) ?? []);
  if (differences.length > 0) throw doesNotFit(schema, differences);
  const fields = new Set(schema.fields.map(({ name }) => name));
  return { leftOut: columns.filter(({ name }) => !fields.has(name)) };
};
