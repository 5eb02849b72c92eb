import avro, { type Type } from 'avsc';
import { dateType, momentType } from './types/date-and-time.js';
import { decimalType } from './types/decimal.js';
import { deriveType } from './types/derive.js';
import { intType, longType } from './types/integer.js';
import { enumType, listType, mapType } from './types/list-and-map.js';
import { booleanType, bytesType, doubleType, floatType, stringType } from './types/plain.js';
import { recordType } from './types/record.js';
import { type Options, unionType } from './types/union.js';

const PRIMITIVES: ReadonlyMap<unknown, Type> = new Map([
  ['int', intType],
  ['long', longType],
  ['float', floatType],
  ['double', doubleType],
  ['boolean', booleanType],
  ['string', stringType],
  ['bytes', bytesType],
]);

type LogicalSchema = Readonly<{ precision?: unknown; scale?: unknown }>;

const LOGICAL: ReadonlyMap<string, (schema: LogicalSchema) => Type> = new Map([
  ['bytes decimal', ({ precision, scale }: LogicalSchema) => decimalType(precision, scale)],
  ['int date', () => dateType],
  ['long timestamp-micros', () => momentType('timestamp-micros', { digits: 6, utc: true })],
  ['long timestamp-millis', () => momentType('timestamp-millis', { digits: 3, utc: true })],
  ['long local-timestamp-micros', () => momentType('local-timestamp-micros', { digits: 6, utc: false })],
  ['long local-timestamp-millis', () => momentType('local-timestamp-millis', { digits: 3, utc: false })],
  ['string uuid', () => stringType],
]);

/** What becomes of a logical type that we do not know: our own schemas must not have one; others' are read as Avro says, without it. */
export type Unknown = 'refuse' | 'plain';

type AvroSchema = LogicalSchema & Readonly<{ type?: unknown; logicalType?: unknown; fields?: unknown }>;

const primitiveType = (schema: AvroSchema, unknown: Unknown): Type | undefined => {
  const { type, logicalType } = schema;
  if (logicalType === undefined) return PRIMITIVES.get(type);
  const known = LOGICAL.get(`${type} ${logicalType}`);
  if (known !== undefined) return known(schema);
  if (unknown === 'refuse') throw new RangeError(`the logical type '${logicalType}' on '${type}' is not supported`);
  const base = PRIMITIVES.get(type);
  return base && deriveType(base, { meaning: `${logicalType}` });
};

const complexType = (schema: AvroSchema, options: Options): Type | undefined => {
  if (schema.type === 'record') return recordType(schema, options);
  if (schema.type === 'array') return listType(schema, options);
  if (schema.type === 'map') return mapType(schema, options, stringType);
  return schema.type === 'enum' ? enumType(schema, options) : undefined;
};

/**
 * The type of a schema, whose values look like this inside the program: int and long are numbers, or bigints where a number is not
 * exact; decimals are `Decimal`s; times are texts; records are plain objects; nothing in a union is wrapped.
 * Nothing is coerced in silence, neither when encoding nor when decoding.
 * @throws Error when it is not an Avro schema
 */
export const avroType = (schema: unknown, unknown: Unknown = 'refuse'): Type => {
  const typeHook = (part: unknown, options: Options): Type | undefined => {
    if (typeof part === 'string') return PRIMITIVES.get(part);
    if (Array.isArray(part)) return unionType(part, options);
    const { type } = part as AvroSchema;
    return (
      primitiveType(part as AvroSchema, unknown) ??
      (typeof type === 'string' ? complexType(part as AvroSchema, options) : undefined)
    );
  };
  return avro.Type.forSchema(schema as avro.Schema, { typeHook: typeHook as never, omitRecordMethods: true });
};
