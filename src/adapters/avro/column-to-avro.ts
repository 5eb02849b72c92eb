import type { Column, ColumnType } from '../../core/column.js';
import { BridgeError } from '../../core/errors.js';

/** One way to hold the values of a column, null apart: a single Avro type, or the branches of a union. */
export type Branches = readonly unknown[];

/** In the order of preference: the first is the one for a new schema. */
type Mapped = readonly Branches[];

const long = (logicalType: string) => ({ type: 'long', logicalType });

/** Digits of the biggest unsigned number of 64 bits. */
const BIG_DIGITS = 20;

export const decimalSchema = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });

/** For whole numbers of so many bits besides the sign. */
const wholeTypes = (bits: number): Mapped => {
  if (bits > 63) return [[decimalSchema(BIG_DIGITS, 0)]];
  return bits > 31 ? [['long']] : [['int'], ['long']];
};

/**
 * MySQL keeps days that do not exist (0000-00-00, 2026-00-15, 2026-02-31): these travel as the text that it prints, in a branch of
 * their own. A schema without that branch is accepted: then such a row goes to the dead letters.
 */
const calendarTypes = (type: unknown, stamped: boolean): Mapped => {
  const [open, plain] = [[type, 'string'], [type]];
  return stamped ? [plain, open, ['string']] : [open, plain, ['string']];
};

const mapped = (type: ColumnType, stamped: boolean): Mapped => {
  switch (type.kind) {
    case 'integer':
      return wholeTypes(type.unsigned ? type.bits : type.bits - 1);
    case 'bits':
      return wholeTypes(type.bits);
    case 'year':
      return wholeTypes(16);
    case 'decimal':
      return [[decimalSchema(type.precision, type.scale)]];
    case 'float':
      return [['float'], ['double']];
    case 'double':
    case 'bytes':
      return [[type.kind]];
    // A time is a span: more than 24 hours and less than none are normal.
    case 'text':
    case 'time':
      return [['string']];
    case 'date':
      return calendarTypes({ type: 'int', logicalType: 'date' }, stamped);
    case 'datetime':
      return calendarTypes(long('local-timestamp-micros'), stamped);
    case 'timestamp':
      return calendarTypes(long('timestamp-micros'), stamped);
    case 'other':
      return [];
  }
};

const notMapped = ({ name, sqlType }: Column): BridgeError =>
  new BridgeError({
    code: 'COLUMN_TYPE_NOT_MAPPED',
    kind: 'configuration',
    found: `Column '${name}' is of type ${sqlType}, which has no exact Avro type here.`,
    fix: 'Change its type, or say avro(subject, { closed: true }) in the pipeline and leave the column out of the schema file.',
  });

/** The ways to hold the values of a column exactly, null apart. @throws BridgeError `configuration` when there is none */
export const avroTypesOf = (column: Column): Mapped => {
  const types = mapped(column.type, column.stamped === true);
  if (types.length === 0) throw notMapped(column);
  return types;
};

/** The Avro type of a column, for a new schema. @throws BridgeError `configuration` when there is none */
export const columnToAvro = (column: Column): unknown => {
  const [branches = []] = avroTypesOf(column);
  if (column.nullable) return ['null', ...branches];
  return branches.length === 1 ? branches[0] : branches;
};
