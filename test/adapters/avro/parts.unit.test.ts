import { avroType } from '../../../src/adapters/avro/avro-type.js';

const record = (fields: object[], name = 'R') => ({ type: 'record', name, fields });
const through = (schema: unknown, value: unknown): unknown => {
  const type = avroType(schema);
  return type.fromBuffer(type.toBuffer(value));
};

/** What is written by one schema, read by another. */
const resolved = (writer: unknown, reader: unknown, value: unknown): unknown => {
  const [from, to] = [avroType(writer, 'plain'), avroType(reader)];
  return to.fromBuffer(from.toBuffer(value), to.createResolver(from));
};

const money = { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 };
const moment = { type: 'long', logicalType: 'timestamp-micros' };

describe('records', () => {
  // The names that every object has are the awkward ones.
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length', 'name', 'class', 'then'];
  const schema = record(names.map((name) => ({ name, type: 'string' })));
  const value = (): Record<string, unknown> => {
    const made = Object.create(null) as Record<string, unknown>;
    for (const name of names) made[name] = `the ${name}`;
    return made;
  };

  it('keep a field of any name', () => {
    const back = through(schema, value()) as object;
    expect(Object.entries(back)).toEqual(names.map((name) => [name, `the ${name}`]));
  });

  it('keep a field of any name when another version wrote them', () => {
    const older = record([...names.map((name) => ({ name, type: 'string' })), { name: 'gone', type: 'string' }]);
    const back = resolved(older, schema, { __proto__: null, ...value(), gone: 'x' }) as object;
    expect(Object.entries(back)).toEqual(names.map((name) => [name, `the ${name}`]));
  });

  it('are plain objects with nothing else on them', () => {
    const back = through(record([{ name: 'a', type: 'int' }]), { a: 1, b: 2 });
    expect(back).toStrictEqual({ a: 1 });
  });

  it('take the default for a field that is left out, and null for one that may be null', () => {
    const fields = [
      { name: 'price', type: money, default: '\u0001' },
      { name: 'at', type: moment, default: 0 },
      { name: 'note', type: ['null', 'string'] },
      { name: 'raw', type: 'bytes', default: '\u00ff' },
      { name: 'count', type: 'long', default: 3 },
    ];
    const expected = {
      price: { unscaled: 1n, scale: 2 },
      at: '1970-01-01T00:00:00.000000Z',
      note: null,
      raw: Buffer.from([255]),
      count: 3,
    };
    expect(through(record(fields), {})).toEqual(expected);
    expect(resolved(record([{ name: 'note', type: ['null', 'string'] }]), record(fields), {})).toEqual(expected);
    expect(() => avroType(record([{ name: 'price', type: money }])).toBuffer({})).toThrow(/nothing is not a decimal/);
  });

  it('are read by another version: added, gone, renamed, promoted and reordered fields', () => {
    const writer = record([
      { name: 'id', type: 'int' },
      { name: 'gone', type: { type: 'array', items: money } },
      { name: 'old', type: 'string' },
      { name: 'note', type: 'string' },
    ]);
    const reader = record([
      { name: 'fresh', type: 'string', default: 'new' },
      { name: 'note', type: ['null', 'string'], default: null },
      { name: 'young', aliases: ['old'], type: 'string' },
      { name: 'id', type: 'long' },
    ]);
    expect(resolved(writer, reader, { id: 5, gone: ['1.00', '2.00'], old: 'o', note: 'n' })).toStrictEqual({
      fresh: 'new',
      note: 'n',
      young: 'o',
      id: 5,
    });
  });

  it.each([
    ['a decimal of another scale', money, { ...money, scale: 3 }, '1.00'],
    ['a moment from a plain number', 'long', moment, 5],
    ['a number from a moment', moment, 'long', '2026-11-21 00:00:00'],
    ['a number from a date', { type: 'int', logicalType: 'date' }, 'long', '2026-11-21'],
    ['a double from a date', { type: 'int', logicalType: 'date' }, 'double', '2026-11-21'],
    ['bytes from a decimal', money, 'bytes', '1.00'],
    ['a local time from a moment', moment, { type: 'long', logicalType: 'local-timestamp-micros' }, '2026-11-21 00:00:00'],
    ['an int from a logical type that is not known', { type: 'int', logicalType: 'time-millis' }, 'int', 5],
  ])('do not make %s', (_, from, to, value) => {
    expect(() => resolved(record([{ name: 'x', type: from }]), record([{ name: 'x', type: to }]), { x: value })).toThrow(
      'cannot read',
    );
  });

  it('are not read by another name, or without a field that has no default', () => {
    const writer = record([{ name: 'id', type: 'int' }]);
    expect(() => resolved(writer, { ...writer, name: 'Other' }, { id: 1 })).toThrow('cannot read');
    expect(resolved(writer, { ...writer, name: 'Other', aliases: ['R'] }, { id: 1 })).toStrictEqual({ id: 1 });
    expect(() =>
      resolved(
        writer,
        record([
          { name: 'id', type: 'int' },
          { name: 'x', type: 'int' },
        ]),
        { id: 1 },
      ),
    ).toThrow("field 'x' was not written");
  });

  it('pass over a logical type that is not known in a field that is not wanted', () => {
    const writer = record([
      { name: 'x', type: { type: 'int', logicalType: 'time-millis' } },
      { name: 'id', type: 'int' },
    ]);
    expect(resolved(writer, record([{ name: 'id', type: 'int' }]), { x: 5, id: 7 })).toStrictEqual({ id: 7 });
  });

  it('may hold themselves', () => {
    const node = record(
      [
        { name: 'next', type: ['null', 'Node'], default: null },
        { name: 'at', type: moment },
      ],
      'Node',
    );
    const at = '2026-11-21T00:00:00.000000Z';
    expect(through(node, { at, next: { at, next: null } })).toStrictEqual({ next: { next: null, at }, at });
  });
});

describe('unions', () => {
  const schema = ['null', money, 'string'];

  it('are not wrapped', () => {
    for (const type of ['long', 'string', moment, { type: 'int', logicalType: 'date' }, 'boolean', 'bytes'])
      expect(through(['null', type], null)).toBeNull();
    expect(through(['null', money], '1.50')).toEqual({ unscaled: 150n, scale: 2 });
    expect(through([money, 'null'], '1.50')).toEqual({ unscaled: 150n, scale: 2 });
    expect(through(['null', 'long'], 2n ** 60n)).toBe(2n ** 60n);
    expect(through(schema, 'abc')).toBe('abc');
  });

  it('refuse a value that fits no branch, with the reason, or more than one', () => {
    expect(() => avroType(['null', money]).toBuffer('1.234')).toThrow('the schema keeps 2');
    expect(() => avroType(schema).toBuffer(5n)).toThrow('fits no branch');
    expect(() => avroType(schema).toBuffer('1.50')).toThrow('more than one branch');
    expect(() => avroType(['long', 'string']).toBuffer(null)).toThrow('no branch');
  });

  it('do not take any other branch from the bytes', () => {
    expect(() => avroType(['null', 'long']).fromBuffer(Buffer.from([4, 0]))).toThrow('invalid union index');
  });
});

describe('lists, maps and enums', () => {
  const prices = { type: 'array', items: money };

  it('come back as they are', () => {
    expect(through(prices, ['1.00', '2.50'])).toEqual([
      { unscaled: 100n, scale: 2 },
      { unscaled: 250n, scale: 2 },
    ]);
    expect(through({ type: 'map', values: 'long' }, { a: 1, b: 2n ** 60n })).toStrictEqual({ a: 1, b: 2n ** 60n });
    expect(through({ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B')).toBe('B');
    expect(resolved(prices, { type: 'array', items: ['null', money] }, ['1.00'])).toEqual([{ unscaled: 100n, scale: 2 }]);
  });

  it('keep a key named __proto__', () => {
    const map = JSON.parse('{"__proto__":"x","a":"y"}') as object;
    expect(Object.entries(through({ type: 'map', values: 'string' }, map) as object)).toEqual([
      ['__proto__', 'x'],
      ['a', 'y'],
    ]);
  });

  it('refuse a key that is not well-formed text', () => {
    expect(() => avroType({ type: 'map', values: 'int' }).toBuffer({ '\ud83d': 1 })).toThrow('surrogate');
  });

  it.each(['constructor', 'toString', ['A'], 0, null, 'C'])('refuse %p, which is no symbol', (value) => {
    expect(() => avroType({ type: 'enum', name: 'E', symbols: ['A', 'B'] }).toBuffer(value)).toThrow('is none of A, B');
  });

  // 2^52 items of no bytes: a loop over them would not end.
  const endless = Buffer.from('808080808080801000', 'hex');

  it.each([
    ['a list', prices],
    ['a map', { type: 'map', values: 'int' }],
    ['a list of nothing', { type: 'array', items: 'null' }],
  ])('end at once where %s says that it is endless, read or passed over', (_, type) => {
    expect(() => avroType(type).fromBuffer(endless)).toThrow('more items than');
    const writer = avroType(
      record([
        { name: 'x', type },
        { name: 'id', type: 'int' },
      ]),
    );
    const reader = avroType(record([{ name: 'id', type: 'int' }]));
    expect(() => reader.fromBuffer(endless, reader.createResolver(writer))).toThrow('more items than');
  });

  it('read blocks with their size in front', () => {
    // Two items in a block of two bytes, as other writers make them.
    expect(avroType({ type: 'array', items: 'int' }).fromBuffer(Buffer.from('0304020400', 'hex'))).toEqual([1, 2]);
  });
});
