import { schemaDifferences } from '../../../src/adapters/avro/schema-difference.js';

const record = (fields: object[], more: object = {}) => ({ type: 'record', name: 'P', namespace: 'n', fields, ...more });
const field = (type: unknown, more: object = {}) => record([{ name: 'x', type, ...more }]);
const money = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });
const moment = { type: 'long', logicalType: 'timestamp-micros' };
const enumOf = (symbols: string[], more: object = {}) => ({ type: 'enum', name: 'E', symbols, ...more });

describe('two versions of a schema fit', () => {
  it.each([
    ['when they are one', field('long'), field('long')],
    ['when only words differ', field('long'), { ...field('long', { doc: 'new words' }), doc: 'more' }],
    ['when types are spelt in another way', field('long'), field({ type: 'long' })],
    ['when a field with a default is new', record([]), field('string', { default: '' })],
    ['when a field with a default is gone', field('string', { default: '' }), record([])],
    [
      'when fields change places',
      record([
        { name: 'a', type: 'int' },
        { name: 'b', type: 'int' },
      ]),
      record([
        { name: 'b', type: 'int' },
        { name: 'a', type: 'int' },
      ]),
    ],
    ['when a field has its old name as an alias', field('long'), record([{ name: 'y', aliases: ['x'], type: 'long' }])],
    ['when the record has its old name as an alias', field('long'), { ...field('long'), name: 'Q', aliases: ['P'] }],
    ['when an int becomes a long', field('int'), field('long')],
    ['when an int becomes a double', field('int'), field('double')],
    ['when a float becomes a double', field('float'), field('double')],
    ['when a string becomes bytes', field('string'), field('bytes')],
    ['when a field may be null from now on', field(money(10, 2)), field(['null', money(10, 2)])],
    ['when branches change places', field(['null', 'long']), field(['long', 'null'])],
    ['when a branch grows', field(['null', 'int']), field(['null', 'long'])],
    ['when symbols are new', field(enumOf(['A'])), field(enumOf(['A', 'B']))],
    ['when symbols are gone and there is a default', field(enumOf(['A', 'B'])), field(enumOf(['A'], { default: 'A' }))],
    ['when a list is the same', field({ type: 'array', items: moment }), field({ type: 'array', items: moment })],
    [
      'when a decimal leaves out the scale 0',
      field({ type: 'bytes', logicalType: 'decimal', precision: 20 }),
      field(money(20, 0)),
    ],
    [
      'when a record holds itself',
      record([{ name: 'next', type: ['null', 'P'] }]),
      record([{ name: 'next', type: ['null', 'n.P'] }]),
    ],
    [
      'when a named type is defined in another place',
      record([
        { name: 'a', type: enumOf(['A']) },
        { name: 'b', type: 'E' },
      ]),
      record([
        { name: 'b', type: enumOf(['A']) },
        { name: 'a', type: 'E' },
      ]),
    ],
  ])('%s', (_, from, to) => {
    expect(schemaDifferences(from, to)).toEqual([]);
  });
});

describe('two versions of a schema differ', () => {
  it.each([
    ['a field without a default is new', record([]), field('string'), ["field 'x' is new and has no default"]],
    ['a field without a default is gone', field('string'), record([]), ["field 'x' is gone, and it had no default"]],
    [
      'a field is renamed',
      field('long'),
      record([{ name: 'y', type: 'long' }]),
      ["field 'x' is gone, and it had no default", "field 'y' is new and has no default"],
    ],
    ['the record is renamed', field('long'), { ...field('long'), name: 'Q' }, ['the record was named n.P and is now n.Q']],
    ['a long becomes an int', field('long'), field('int'), ["'x' was long and is now int"]],
    ['digits change', field(money(10, 2)), field(money(12, 4)), ["'x' was decimal(10,2) and is now decimal(12,4)"]],
    ['only the precision changes', field(money(10, 2)), field(money(12, 2)), ["'x' was decimal(10,2) and is now decimal(12,2)"]],
    ['a decimal becomes bytes', field(money(10, 2)), field('bytes'), ["'x' was decimal(10,2) and is now bytes"]],
    ['bytes become a decimal', field('bytes'), field(money(10, 2)), ["'x' was bytes and is now decimal(10,2)"]],
    [
      'micros become millis',
      field(moment),
      field({ type: 'long', logicalType: 'timestamp-millis' }),
      ["'x' was timestamp-micros and is now timestamp-millis"],
    ],
    [
      'a moment becomes local',
      field(moment),
      field({ type: 'long', logicalType: 'local-timestamp-micros' }),
      ["'x' was timestamp-micros and is now local-timestamp-micros"],
    ],
    ['a date becomes a long', field({ type: 'int', logicalType: 'date' }), field('long'), ["'x' was date and is now long"]],
    ['a number becomes a moment', field('long'), field(moment), ["'x' was long and is now timestamp-micros"]],
    ['null is no longer allowed', field(['null', 'long']), field('long'), ["'x' was [null, long] and is now long"]],
    [
      'a decimal in a union changes',
      field(['null', money(10, 2)]),
      field(['null', money(12, 4)]),
      ["'x' was [null, decimal(10,2)] and is now [null, decimal(12,4)]"],
    ],
    ['symbols are gone', field(enumOf(['A', 'B', 'C'])), field(enumOf(['B'])), ["'x' no longer has the symbols A, C"]],
    [
      'the size changes',
      field({ type: 'fixed', name: 'F', size: 4 }),
      field({ type: 'fixed', name: 'F', size: 8 }),
      ["'x' had 4 bytes and now has 8"],
    ],
    [
      'items change',
      field({ type: 'array', items: 'long' }),
      field({ type: 'array', items: 'string' }),
      ["'x[]' was long and is now string"],
    ],
    [
      'values change',
      field({ type: 'map', values: 'long' }),
      field({ type: 'map', values: 'string' }),
      ["'x{}' was long and is now string"],
    ],
    [
      'a list becomes a map',
      field({ type: 'array', items: 'long' }),
      field({ type: 'map', values: 'long' }),
      ["'x' was array of long and is now map of long"],
    ],
    [
      'a field of an inner record changes',
      field({ type: 'record', name: 'I', fields: [{ name: 'y', type: 'long' }] }),
      field({ type: 'record', name: 'I', fields: [{ name: 'y', type: 'string' }] }),
      ["'x.y' was long and is now string"],
    ],
    [
      'two fields change in one way',
      record([
        { name: 'a', type: 'long' },
        { name: 'b', type: 'long' },
      ]),
      record([
        { name: 'a', type: 'string' },
        { name: 'b', type: 'string' },
      ]),
      ["'a' was long and is now string", "'b' was long and is now string"],
    ],
    [
      'a record that stands in two fields changes',
      record([
        { name: 'a', type: { type: 'record', name: 'I', fields: [{ name: 'y', type: 'long' }] } },
        { name: 'b', type: 'I' },
      ]),
      record([
        { name: 'a', type: { type: 'record', name: 'I', fields: [{ name: 'y', type: 'string' }] } },
        { name: 'b', type: 'I' },
      ]),
      ["'a.y' was long and is now string", "'b.y' was long and is now string"],
    ],
    ['it was no record', 'string', field('long'), ["'' was string and is now record P"]],
  ])('when %s', (_, from, to, differences) => {
    expect(schemaDifferences(from, to)).toEqual(differences);
  });
});
