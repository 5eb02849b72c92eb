import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { avroType } from '../../../src/adapters/avro/avro-type.js';
import { columnToAvro } from '../../../src/adapters/avro/column-to-avro.js';
import type { AvroSchema } from '../../../src/adapters/avro/schema-file.js';
import { checkSchemaFitsColumns } from '../../../src/adapters/avro/schema-fits-columns.js';
import type { Column, ColumnType } from '../../../src/core/column.js';

const column = (name: string, type: ColumnType, sqlType: string, nullable = false): Column => ({ name, type, sqlType, nullable });
const integer = (bits: 8 | 16 | 24 | 32 | 64, unsigned = false): ColumnType => ({ kind: 'integer', bits, unsigned });
const money = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });

const table: readonly Column[] = [
  column('id', integer(64), 'bigint'),
  column('name', { kind: 'text' }, 'varchar(255)'),
  column('category', { kind: 'text' }, 'varchar(50)'),
  column('price', { kind: 'decimal', precision: 10, scale: 2 }, 'decimal(10,2)'),
  column('last_updated', { kind: 'timestamp', digits: 6 }, 'timestamp(6)'),
];

const product = JSON.parse(readFileSync(join(__dirname, '../../../schemas/product_updates-value.avsc'), 'utf8')) as AvroSchema;
const schemaOf = (...fields: { name: string; type: unknown }[]): AvroSchema => ({ type: 'record', name: 'R', fields });

const failure = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('the Avro type of a column', () => {
  it.each([
    ['tinyint', integer(8), 'int'],
    ['smallint unsigned', integer(16, true), 'int'],
    ['mediumint', integer(24), 'int'],
    ['int', integer(32), 'int'],
    ['int unsigned', integer(32, true), 'long'],
    ['bigint', integer(64), 'long'],
    ['bigint unsigned', integer(64, true), money(20, 0)],
    ['year', { kind: 'year' }, 'int'],
    ['decimal(65,30)', { kind: 'decimal', precision: 65, scale: 30 }, money(65, 30)],
    ['json', { kind: 'text' }, 'string'],
    ['time(6)', { kind: 'time' }, 'string'],
    ['float', { kind: 'float' }, 'float'],
    ['double', { kind: 'double' }, 'double'],
    ['bit(1)', { kind: 'bits', bits: 1 }, 'int'],
    ['bit(31)', { kind: 'bits', bits: 31 }, 'int'],
    ['bit(32)', { kind: 'bits', bits: 32 }, 'long'],
    ['bit(63)', { kind: 'bits', bits: 63 }, 'long'],
    ['bit(64)', { kind: 'bits', bits: 64 }, money(20, 0)],
    ['point', { kind: 'bytes' }, 'bytes'],
  ] as const)('%s', (sqlType, type, expected) => {
    expect(columnToAvro(column('x', type, sqlType))).toEqual(expected);
    const nullable = columnToAvro(column('x', type, sqlType, true));
    expect(nullable).toEqual(['null', expected]);
    avroType(nullable);
  });

  it.each([
    ['date', { kind: 'date' }, { type: 'int', logicalType: 'date' }],
    ['datetime(6)', { kind: 'datetime', digits: 6 }, { type: 'long', logicalType: 'local-timestamp-micros' }],
    ['timestamp', { kind: 'timestamp', digits: 0 }, { type: 'long', logicalType: 'timestamp-micros' }],
  ] as const)('%s, with room for days that do not exist unless the database stamps it', (sqlType, type, expected) => {
    expect(columnToAvro(column('x', type, sqlType))).toEqual([expected, 'string']);
    expect(columnToAvro(column('x', type, sqlType, true))).toEqual(['null', expected, 'string']);
    expect(columnToAvro({ ...column('x', type, sqlType), stamped: true })).toEqual(expected);
    const both = avroType(['null', expected, 'string']);
    for (const day of ['0000-00-00', '2026-00-15', '2026-02-31', '0000-00-00 00:00:00.00'])
      expect(both.fromBuffer(both.toBuffer(day))).toBe(day);
    const exists = sqlType === 'date' ? '2026-02-28' : '2026-02-28 01:02:03';
    expect(both.toBuffer(exists)[0]).toBe(2);
    expect(both.toBuffer('2026-02-31')[0]).toBe(4);
  });

  it('is refused by name where there is none', () => {
    const error = failure(() => columnToAvro(column('photo', { kind: 'other' }, 'holograph')));
    expect(error).toMatchObject({ code: 'COLUMN_TYPE_NOT_MAPPED', kind: 'configuration' });
    expect((error as Error).message).toMatch(/'photo'.*holograph/);
  });
});

describe('a schema and a table', () => {
  it('fit', () => {
    expect(checkSchemaFitsColumns(product, table)).toEqual({ leftOut: [], withoutColumn: [] });
  });

  it('fit when columns are left out, which are named', () => {
    const photo = column('photo', { kind: 'other' }, 'blob');
    expect(checkSchemaFitsColumns(product, [...table, photo])).toEqual({ leftOut: [photo], withoutColumn: [] });
  });

  it.each([
    ['a long for an int', 'long', integer(32)],
    ['an int for a year', 'int', { kind: 'year' }],
    ['room for more digits', money(12, 2), { kind: 'decimal', precision: 10, scale: 2 }],
    ['room for more digits of a big number', money(38, 0), integer(64, true)],
    ['no scale for the scale 0', { type: 'bytes', logicalType: 'decimal', precision: 20 }, integer(64, true)],
    ['a field that may be null', ['null', 'long'], integer(64)],
    ['a double for a float', 'double', { kind: 'float' }],
    ['a long for a bit', 'long', { kind: 'bits', bits: 8 }],
    ['a date that has to exist', { type: 'int', logicalType: 'date' }, { kind: 'date' }],
    ['a string for a date', 'string', { kind: 'date' }],
    ['a string for a moment', ['string', 'null'], { kind: 'timestamp', digits: 6 }],
    ['a moment and a string', ['string', { type: 'long', logicalType: 'timestamp-micros' }], { kind: 'timestamp', digits: 6 }],
    ['null at the other end', ['long', 'null'], integer(64)],
    ['another spelling', { type: 'long' }, integer(64)],
    ['an inner type object', { type: { type: 'long' } }, integer(64)],
  ] as const)('fit with %s', (_, type, columnType) => {
    expect(checkSchemaFitsColumns(schemaOf({ name: 'x', type }), [column('x', columnType, 'the type')])).toEqual({
      leftOut: [],
      withoutColumn: [],
    });
  });

  it.each([
    ['an int for an unsigned one', 'int', integer(32, true), false],
    ['an int for a long', 'int', integer(64), false],
    ['a long for an unsigned one', 'long', integer(64, true), false],
    ['fewer digits', money(8, 2), { kind: 'decimal', precision: 10, scale: 2 }, false],
    ['another scale', money(12, 4), { kind: 'decimal', precision: 10, scale: 2 }, false],
    ['bytes for a decimal', 'bytes', { kind: 'decimal', precision: 10, scale: 2 }, false],
    ['a double for a decimal', 'double', { kind: 'decimal', precision: 10, scale: 2 }, false],
    ['a string for a decimal', 'string', { kind: 'decimal', precision: 10, scale: 2 }, false],
    ['milliseconds', { type: 'long', logicalType: 'timestamp-millis' }, { kind: 'timestamp', digits: 0 }, false],
    ['a moment for a local time', { type: 'long', logicalType: 'timestamp-micros' }, { kind: 'datetime', digits: 6 }, false],
    [
      'a local time for a moment',
      { type: 'long', logicalType: 'local-timestamp-micros' },
      { kind: 'timestamp', digits: 6 },
      false,
    ],
    ['a plain long for a moment', 'long', { kind: 'timestamp', digits: 6 }, false],
    ['an enum for a text', { type: 'enum', name: 'E', symbols: ['A'] }, { kind: 'text' }, false],
    ['two types', ['null', 'long', 'string'], integer(64), false],
    ['a float for a double', 'float', { kind: 'double' }, false],
    ['an int for 32 bits', 'int', { kind: 'bits', bits: 32 }, false],
    ['a long for 64 bits', 'long', { kind: 'bits', bits: 64 }, false],
    ['a string for bytes', 'string', { kind: 'bytes' }, false],
    ['only null', ['null'], integer(64), true],
    ['no null for a nullable column', 'long', integer(64), true],
  ] as const)('do not fit with %s', (_, type, columnType, nullable) => {
    const columns = [column('x', columnType, 'the type', nullable)];
    const error = failure(() => checkSchemaFitsColumns(schemaOf({ name: 'x', type }), columns));
    expect(error).toMatchObject({ code: 'SCHEMA_DOES_NOT_FIT_TABLE', kind: 'configuration' });
    expect((error as Error).message).toContain("field 'x' is ");
  });

  it('do not fit, and every difference is named', () => {
    const columns = table
      .map((one) => (one.name === 'name' ? { ...one, nullable: true } : one))
      .filter(({ name }) => name !== 'category');
    const schema = schemaOf(
      ...product.fields.map((field) => (field.name === 'price' ? { ...field, type: money(12, 4) } : field)),
    );
    expect(failure(() => checkSchemaFitsColumns(schema, columns))).toMatchObject({
      found:
        "The Avro record R does not fit the table: field 'name' is string, but its column is nullable varchar(255), which takes [null, string]; " +
        "field 'category' is not a column; field 'price' is decimal(12,4), but its column is decimal(10,2), which takes decimal(10,2).",
    });
  });

  it('fit where a column is gone and its field has a default or may be null, which are named', () => {
    const schema = {
      ...schemaOf(),
      fields: [
        { name: 'a', type: 'int', default: 7 },
        { name: 'b', type: ['null', 'int'] },
      ],
    };
    expect(checkSchemaFitsColumns(schema, [])).toEqual({ leftOut: [], withoutColumn: ['a', 'b'] });
    const type = avroType(schema);
    expect(type.fromBuffer(type.toBuffer({}))).toEqual({ a: 7, b: null });
  });

  it('fit by the name of the column that a field holds', () => {
    const schema = { ...schemaOf(), fields: [{ name: 'a_b', column: 'a b', type: 'int' }] };
    expect(checkSchemaFitsColumns(schema, [column('a b', integer(32), 'int')])).toEqual({ leftOut: [], withoutColumn: [] });
  });

  it('do not fit where the schema wants a column that has no Avro type', () => {
    const columns = [column('x', { kind: 'other' }, 'holograph')];
    expect(failure(() => checkSchemaFitsColumns(schemaOf({ name: 'x', type: 'double' }), columns))).toMatchObject({
      code: 'COLUMN_TYPE_NOT_MAPPED',
    });
  });
});
