/**
 * What a column of a table can hold, apart from how a database spells it.
 * `float` has 32 bits, `double` 64; `bits` is a whole number of so many bits; `bytes` is binary data, geometry and vectors among it.
 * `other` is what has no exact form in a record: types that this version does not know.
 */
export type ColumnType =
  | Readonly<{ kind: 'integer'; bits: 8 | 16 | 24 | 32 | 64; unsigned: boolean }>
  | Readonly<{ kind: 'decimal'; precision: number; scale: number }>
  | Readonly<{ kind: 'year' | 'text' | 'bytes' | 'date' | 'time' | 'float' | 'double' | 'other' }>
  | Readonly<{ kind: 'bits'; bits: number }>
  /** `datetime` has no time zone, `timestamp` is a moment; `digits` after the second. */
  | Readonly<{ kind: 'datetime' | 'timestamp'; digits: number }>;

export type Column = Readonly<{
  name: string;
  type: ColumnType;
  /** As the database writes it, for messages: `decimal(10,2) unsigned`. */
  sqlType: string;
  nullable: boolean;
  /** The database stamps it whenever a row is inserted or changed. */
  stamped?: boolean;
}>;
