/**
 * What a column of a table can hold, apart from how a database spells it.
 * `other` is everything that has no exact form in a record yet: floating point, bits, binary, geometry.
 */
export type ColumnType =
  | Readonly<{ kind: 'integer'; bits: 8 | 16 | 24 | 32 | 64; unsigned: boolean }>
  | Readonly<{ kind: 'decimal'; precision: number; scale: number }>
  | Readonly<{ kind: 'year' | 'text' | 'date' | 'time' | 'other' }>
  /** `datetime` has no time zone, `timestamp` is a moment; `digits` after the second. */
  | Readonly<{ kind: 'datetime' | 'timestamp'; digits: number }>;

export type Column = Readonly<{
  name: string;
  type: ColumnType;
  /** As the database writes it, for messages: `decimal(10,2) unsigned`. */
  sqlType: string;
  nullable: boolean;
}>;
