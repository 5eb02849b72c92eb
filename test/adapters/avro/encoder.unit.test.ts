import { avroType } from '../../../src/adapters/avro/avro-type.js';
import { avroEncoder } from '../../../src/adapters/avro/encoder.js';
import type { AvroSchema } from '../../../src/adapters/avro/schema-file.js';
import type { BridgeError } from '../../../src/core/errors.js';

const money = { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 };
const item = {
  type: 'record',
  name: 'Item',
  fields: [
    { name: 'price', type: money },
    { name: 'note', type: ['null', 'string'] },
  ],
};
const schema = {
  type: 'record',
  name: 'R',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'discount', type: ['null', money], default: null },
    { name: 'either', type: ['null', 'long', 'boolean'], default: null },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] }, default: 'A' },
    { name: 'items', type: { type: 'array', items: item }, default: [] },
    { name: 'sizes', type: { type: 'map', values: 'int' }, default: {} },
    {
      name: 'pair',
      type: { type: 'record', name: 'Pair', fields: [{ name: 'a', type: ['null', 'int'], default: null }] },
      default: {},
    },
    { name: 'ratio', type: 'double', default: 0 },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 2 }, default: '\u0000\u0000' },
  ],
};

const encode = avroEncoder<unknown>('the-value', { schema: schema as AvroSchema, type: avroType(schema) }, 1);

const found = (value: unknown): string => {
  try {
    encode(value);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENCODE_FAILED', kind: 'record' });
    return (error as BridgeError).found;
  }
  return 'taken';
};

describe('a value that does not fit', () => {
  it('is another when all fits', () => {
    expect(found({ id: 1, discount: '1.50', either: true, items: [{ price: '1' }], sizes: { a: 1 } })).toBe('taken');
  });

  it.each([
    [{ id: 1, discount: '1.505' }, `Field 'discount': "1.505" has 3 digits after the point, the schema keeps 2.`],
    [{ id: 1, discount: 5n }, "Field 'discount': the bigint 5 is not a decimal: neither a Decimal nor its text."],
    [{ id: 1, either: 'x' }, `Field 'either': "x" fits no branch of the union.`],
    [{ id: 1, kind: 'C' }, `Field 'kind': "C" is none of A, B.`],
    [{ id: 1, kind: 'constructor' }, `Field 'kind': "constructor" is none of A, B.`],
    [
      { id: 1, items: [{ price: '1.00' }, { price: null }] },
      "Field 'items.1.price': NULL is not a decimal: neither a Decimal nor its text.",
    ],
    [{ id: 1, items: [{ price: '1.00', note: 7n }] }, "Field 'items.0.note': the bigint 7 is not a string."],
    [{ id: 1, items: 'none' }, `Field 'items': "none" is not of type array.`],
    [{ id: 1, sizes: { a: 1, b: 1.5 } }, "Field 'sizes.b': the number 1.5 is not a whole number of 32 bits."],
    [{ id: 1, sizes: { '\ud83d': 1 } }, '"\\ud83d" is not well-formed text: it holds half a surrogate pair.'],
    [{ id: 1, ratio: 5n }, "Field 'ratio': the bigint 5 is not of type double."],
    [{ id: 1, hash: Buffer.alloc(3) }, "Field 'hash': 3 bytes is not of type fixed."],
    [{ id: 1n << 64n }, "Field 'id': the bigint 18446744073709551616 is beyond 64 bits."],
    [{}, "Field 'id': nothing is not an exact whole number."],
    [
      { id: 'x'.repeat(100), ratio: '1' },
      `Field 'id': "${'x'.repeat(60)}"... is not an exact whole number; Field 'ratio': "1" is not of type double.`,
    ],
    [null, 'The value: NULL is not a record.'],
    [5n, 'The value: the bigint 5 is not a record.'],
    [{ id: 1, pair: 'x' }, `Field 'pair': "x" is not a record.`],
  ])('is told by its field: %p', (value, words) => {
    expect(found(value)).toBe(`A value does not fit the schema the-value. ${words}`);
  });
});
