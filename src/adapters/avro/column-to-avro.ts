import type { Column, ColumnType } from '../../core/column.js';
import { BridgeError } from '../../core/errors.js';

/** Avro types in the order of preference: the first is the one for a new schema, the others hold every value of the column too. */
type Mapped = readonly unknown[];

const long = (logicalType: string) => ({ type: 'long', logicalType });

/** Digits of the biggest unsigned number of 64 bits. */
const BIG_DIGITS = 20;

export const decimalSchema = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });

const integerTypes = (bits: number, unsigned: boolean): Mapped => {
  if (bits === 64) return unsigned ? [decimalSchema(BIG_DIGITS, 0)] : ['long'];
  return bits === 32 && unsigned ? ['long'] : ['int', 'long'];
};

const mapped = (type: ColumnType): Mapped => {
  switch (type.kind) {
    case 'integer':
      return integerTypes(type.bits, type.unsigned);
    case 'year':
      return ['int', 'long'];
    case 'decimal':
      return [decimalSchema(type.precision, type.scale)];
    // A time is a span: more than 24 hours and less than none are normal.
    case 'text':
    case 'time':
      return ['string'];
    case 'date':
      return [{ type: 'int', logicalType: 'date' }];
    case 'datetime':
      return [long('local-timestamp-micros')];
    case 'timestamp':
      return [long('timestamp-micros')];
    case 'other':
      return [];
  }
};

const notMapped = ({ name, sqlType }: Column): BridgeError =>
  new BridgeError({
    code: 'COLUMN_TYPE_NOT_MAPPED',
    kind: 'configuration',
    found: `Column '${name}' is of type ${sqlType}, which has no exact Avro type here.`,
    fix: 'Leave the column out of the schema, or change its type.',
  });

/** The Avro types that hold every value of a column exactly, without null. @throws BridgeError `configuration` when there is none */
export const avroTypesOf = (column: Column): Mapped => {
  const types = mapped(column.type);
  if (types.length === 0) throw notMapped(column);
  return types;
};

/** The Avro type of a column, for a new schema. @throws BridgeError `configuration` when there is none */
export const columnToAvro = (column: Column): unknown => {
  const [type] = avroTypesOf(column);
  return column.nullable ? ['null', type] : type;
};
