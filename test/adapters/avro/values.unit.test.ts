import avro from 'avsc';
import fc from 'fast-check';
import { avroType } from '../../../src/adapters/avro/avro-type.js';
import { decimalOf, decimalText } from '../../../src/core/decimal.js';

const through = (schema: unknown, value: unknown): unknown => {
  const type = avroType(schema);
  return type.fromBuffer(type.toBuffer(value));
};

const refusal = (schema: unknown, value: unknown): string => {
  try {
    avroType(schema).toBuffer(value);
  } catch (error) {
    return (error as Error).message;
  }
  return 'taken';
};

const decimal = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });
const timestamp = { type: 'long', logicalType: 'timestamp-micros' };
const local = { type: 'long', logicalType: 'local-timestamp-micros' };
const date = { type: 'int', logicalType: 'date' };

describe('whole numbers', () => {
  it('of 64 bits come back exactly, as a bigint only where a number is not exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const back = through('long', value);
        expect(BigInt(back as number | bigint)).toBe(value);
        expect(typeof back).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
      }),
      { numRuns: 2_000 },
    );
  });

  it('around every power of two come back exactly', () => {
    for (let bits = 0n; bits < 63n; bits++)
      for (const near of [-2n, -1n, 0n, 1n, 2n])
        for (const sign of [1n, -1n]) {
          const value = sign * 2n ** bits + near;
          expect(BigInt(through('long', value) as number)).toBe(value);
          if (Number.isSafeInteger(Number(value))) expect(through('long', Number(value))).toBe(Number(value));
        }
  });

  it('are written as Avro says', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }), (value) => {
        expect(avroType('long').toBuffer(value)).toEqual(avro.Type.forSchema('long').toBuffer(value));
      }),
    );
    expect(
      avroType('long')
        .toBuffer(-(2n ** 63n))
        .toString('hex'),
    ).toBe('ffffffffffffffffff01');
  });

  it('are taken as the text that MySQL prints, too', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(avroType('long').toBuffer(String(value))).toEqual(avroType('long').toBuffer(value));
      }),
      { numRuns: 1_000 },
    );
    expect(through('long', '0000000000000000000007')).toBe(7);
    expect(through('long', '-0')).toBe(0);
    expect(through('int', '-2147483648')).toBe(-(2 ** 31));
  });

  it.each([
    1.5,
    Number.NaN,
    2 ** 53,
    2n ** 63n,
    -(2n ** 63n) - 1n,
    '9223372036854775808',
    '5.0',
    '1e3',
    '',
    ' 5',
    '0x5',
    'five',
    null,
    undefined,
    true,
  ])('refuse %p as a long', (value) => {
    expect(refusal('long', value)).toMatch(/exact whole number|64 bits/);
  });

  it.each([2 ** 31, -(2 ** 31) - 1, 1.5, '2147483648', '5.0', '', 2n ** 31n, null])('refuse %p as an int', (value) => {
    expect(refusal('int', value)).toContain('32 bits');
  });

  it('of more than 32 bits are not read as an int', () => {
    expect(() => avroType('int').fromBuffer(avroType('long').toBuffer(2 ** 31))).toThrow('32 bits');
    expect(through('int', 5n)).toBe(5);
    expect(through('int', -(2 ** 31))).toBe(-(2 ** 31));
  });
});

describe('decimals', () => {
  const shapes = fc.integer({ min: 1, max: 65 }).chain((precision) =>
    fc.integer({ min: 0, max: Math.min(30, precision) }).chain((scale) => {
      const limit = 10n ** BigInt(precision) - 1n;
      return fc.record({
        precision: fc.constant(precision),
        scale: fc.constant(scale),
        unscaled: fc.bigInt({ min: -limit, max: limit }),
      });
    }),
  );

  it('come back exactly, written as text or as a Decimal', () => {
    fc.assert(
      fc.property(shapes, ({ precision, scale, unscaled }) => {
        const type = avroType(decimal(precision, scale));
        const value = { unscaled, scale };
        const bytes = type.toBuffer(decimalText(value));
        expect(type.toBuffer(value)).toEqual(bytes);
        expect(type.fromBuffer(bytes)).toEqual(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are the shortest two-complement bytes', () => {
    for (const [text, hex] of [
      ['0', '00'],
      ['127', '7f'],
      ['128', '0080'],
      ['-128', '80'],
      ['-129', 'ff7f'],
      ['32768', '008000'],
      ['-1', 'ff'],
    ]) {
      const bytes = avroType(decimal(65, 0)).toBuffer(text);
      expect(bytes.subarray(1).toString('hex')).toBe(hex);
      expect(avroType(decimal(65, 0)).toBuffer(decimalOf(text as string))).toEqual(bytes);
    }
  });

  it.each([
    ['100.50', 10, 2, '100.50'],
    ['100.5', 10, 2, '100.50'],
    ['-0.05', 10, 2, '-0.05'],
    ['-0.00', 10, 2, '0.00'],
    ['000100.50', 10, 2, '100.50'],
    ['99999999.99', 10, 2, '99999999.99'],
    ['7', 65, 30, `7.${'0'.repeat(30)}`],
    ['18446744073709551615', 20, 0, '18446744073709551615'],
    [`-${'9'.repeat(35)}.${'9'.repeat(30)}`, 65, 30, `-${'9'.repeat(35)}.${'9'.repeat(30)}`],
  ])('take %s into decimal(%d,%d) as %s', (text, precision, scale, expected) => {
    expect(decimalText(through(decimal(precision, scale), text) as ReturnType<typeof decimalOf>)).toBe(expected);
  });

  it.each([
    ['1.234', /3 digits after the point, the schema keeps 2/],
    ['1.230', /3 digits after the point/],
    ['100000000.00', /more than 10 digits/],
    ['-100000000', /more than 10 digits/],
    ['123456789012345678.00', /more than 10 digits/],
    [{ unscaled: 10n ** 10n, scale: 2 }, /more than 10 digits/],
    [{ unscaled: 1n, scale: 3 }, /3 digits after the point/],
    ['1e2', /not a decimal/],
    ['', /not a decimal/],
    ['-', /not a decimal/],
    ['.5', /not a decimal/],
    ['5.', /not a decimal/],
    ['1.2.3', /not a decimal/],
    [' 1', /not a decimal/],
    ['0x10', /not a decimal/],
    ['NaN', /not a decimal/],
    [100.5, /not a decimal/],
    [5n, /not a decimal/],
    [null, /not a decimal/],
  ])('refuse %p', (value, words) => {
    expect(refusal(decimal(10, 2), value)).toMatch(words);
  });

  it('are not read from no bytes, or from too many digits', () => {
    expect(() => avroType(decimal(10, 2)).fromBuffer(Buffer.from([0]))).toThrow('no bytes');
    expect(() => avroType(decimal(2, 0)).fromBuffer(avroType(decimal(10, 0)).toBuffer('100'))).toThrow('more than 2 digits');
  });
});

/** Days by way of a JS Date, for the comparison. */
const dayOf = (day: number): string => {
  const text = new Date(day * 86_400_000).toISOString();
  return text.slice(0, text.indexOf('T'));
};

const FIRST = -719_528;
const LAST = 2_932_896;
const MICROS_PER_DAY = 86_400_000_000n;

describe('dates', () => {
  it('of the years 0000 to 9999 are the days since 1970', () => {
    const type = avroType(date);
    const plain = avroType('int');
    const check = (day: number): void => {
      const text = dayOf(day);
      const bytes = plain.toBuffer(day);
      if (!type.toBuffer(text).equals(bytes) || type.fromBuffer(bytes) !== text) throw new Error(`${day} is not ${text}`);
    };
    for (const year of [
      0, 1, 4, 99, 100, 101, 400, 1582, 1899, 1900, 1901, 1969, 1970, 1999, 2000, 2001, 2024, 2026, 2100, 9999,
    ]) {
      const first = new Date(0).setUTCFullYear(year, 0, 1) / 86_400_000;
      for (let day = first; day < first + 366 && day <= LAST; day++) check(day);
    }
    for (let day = FIRST; day <= LAST; day += 41) check(day);
    check(LAST);
  });

  it.each([
    '2026-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '0000-00-00',
    '2026-1-01',
    '2026-01-1',
    '20260101',
    '2026-01-01 ',
    '2026-01-01T00:00:00',
    '-001-01-01',
    '10000-01-01',
    '',
    null,
    5,
  ])('refuse %p', (value) => {
    expect(refusal(date, value)).toContain('is not a date of the form');
  });

  it.each([FIRST - 1, LAST + 1])('do not make a text of day %d', (day) => {
    expect(() => avroType(date).fromBuffer(avroType('int').toBuffer(day))).toThrow('outside the years');
  });
});

describe('moments', () => {
  const micros = fc.bigInt({ min: BigInt(FIRST) * MICROS_PER_DAY, max: (BigInt(LAST) + 1n) * MICROS_PER_DAY - 1n });
  const textOf = (value: bigint): string => {
    const ofDay = ((value % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
    const clock = new Date(Number(ofDay / 1000n)).toISOString().slice(11, 23);
    return `${dayOf(Number((value - ofDay) / MICROS_PER_DAY))}T${clock}${(ofDay % 1000n).toString().padStart(3, '0')}`;
  };
  const check = (value: bigint): void => {
    const text = textOf(value);
    const bytes = avroType('long').toBuffer(value);
    expect(avroType(local).toBuffer(text)).toEqual(bytes);
    expect(avroType(local).fromBuffer(bytes)).toBe(text);
    expect(avroType(timestamp).toBuffer(`${text}Z`)).toEqual(bytes);
    expect(avroType(timestamp).fromBuffer(bytes)).toBe(`${text}Z`);
  };

  it('are exact to the microsecond from 0000 to 9999', () => {
    fc.assert(fc.property(micros, check), { numRuns: 3_000 });
  });

  it('are exact at the edges of days and of what a number holds', () => {
    const edges = [
      0n,
      2n ** 52n,
      2n ** 53n,
      -(2n ** 52n),
      -(2n ** 53n),
      MICROS_PER_DAY * 100_000n,
      MICROS_PER_DAY * 50_000n,
      BigInt(FIRST + 1) * MICROS_PER_DAY,
    ];
    for (const edge of edges) for (let near = -3n; near <= 3n; near++) check(edge + near);
    for (let near = 0n; near < 2_000_000n; near += 777n) check(-(2n ** 53n) - near);
  });

  it.each([
    ['2026-11-21 01:22:33.123456', '2026-11-21T01:22:33.123456Z'],
    ['2026-11-21 01:22:33', '2026-11-21T01:22:33.000000Z'],
    ['2026-11-21T01:22:33Z', '2026-11-21T01:22:33.000000Z'],
    ['2026-11-21 01:22:33.1', '2026-11-21T01:22:33.100000Z'],
    ['2026-11-21T01:22:33.12Z', '2026-11-21T01:22:33.120000Z'],
    ['0001-01-01 00:00:00.000001', '0001-01-01T00:00:00.000001Z'],
    ['9999-12-31 23:59:59.999999', '9999-12-31T23:59:59.999999Z'],
  ])('take %s as %s', (text, expected) => {
    expect(through(timestamp, text)).toBe(expected);
  });

  it.each([
    '2026-11-21',
    '2026-11-21 01:22',
    '2026-11-21 24:00:00',
    '2026-11-21 01:60:00',
    '2026-11-21 01:22:60',
    '2026-11-21 01:22:33.',
    '2026-11-21 01:22:33.1234567',
    '2026-11-21_01:22:33',
    '2026-11-21 01:22:33+00:00',
    '2026-11-21 01:22:33ZZ',
    '2026-11-21 01:22:33 ',
    '2026-02-30 00:00:00',
    '0000-00-00 00:00:00',
    '2026-11-21 1:22:33',
    '2026-11-21 01-22-33',
    '',
    null,
    5,
    new Date(0),
  ])('refuse %p', (value) => {
    expect(refusal(timestamp, value)).toMatch(/is not a time of the form 2026-11-21 01:22:33.123456Z/);
  });

  it('without a zone refuse a Z', () => {
    expect(refusal(local, '2026-11-21 01:22:33Z')).toContain('not a time of the form');
  });

  it('in milliseconds keep three digits', () => {
    expect(through({ type: 'long', logicalType: 'timestamp-millis' }, '2026-11-21 01:22:33.12')).toBe('2026-11-21T01:22:33.120Z');
    expect(refusal({ type: 'long', logicalType: 'timestamp-millis' }, '2026-11-21 01:22:33.1234')).toContain('form');
    expect(through({ type: 'long', logicalType: 'local-timestamp-millis' }, '2026-11-21 01:22:33')).toBe(
      '2026-11-21T01:22:33.000',
    );
  });

  it('outside the years 0000 to 9999 are not read', () => {
    for (const value of [2n ** 62n, -(2n ** 62n), (BigInt(LAST) + 1n) * MICROS_PER_DAY])
      expect(() => avroType(timestamp).fromBuffer(avroType('long').toBuffer(value))).toThrow('outside the years');
  });
});

describe('text and bytes', () => {
  it('come back as they are', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => expect(through('string', text)).toBe(text)));
    fc.assert(
      fc.property(fc.uint8Array(), (noise) => {
        expect(through('bytes', Buffer.from(noise))).toEqual(Buffer.from(noise));
      }),
    );
    expect(through('string', '\ufffd')).toBe('\ufffd');
  });

  it.each(['\ud83d', 'a\udc00', `${'x'.repeat(100)}\ud83d`])('refuse half a surrogate pair: %j', (text) => {
    expect(refusal('string', text)).toContain('surrogate');
  });

  it.each(['ff', 'c328', 'eda080', '61ff62'])('refuse the bytes %s, which are not UTF-8', (hex) => {
    expect(() => avroType('string').fromBuffer(avroType('bytes').toBuffer(Buffer.from(hex, 'hex')))).toThrow('not UTF-8');
  });

  it('refuse other things', () => {
    expect(refusal('string', 5)).toContain('not a string');
    expect(refusal('bytes', 'text')).toContain('not a Buffer');
    expect(refusal('boolean', 1)).not.toBe('taken');
    expect(refusal('double', '1')).not.toBe('taken');
  });

  it('are copies, not windows on what was fetched', () => {
    const fetched = avroType('bytes').toBuffer(Buffer.from('abc'));
    const value = avroType('bytes').fromBuffer(fetched) as Buffer;
    fetched.fill(0);
    expect(value.toString()).toBe('abc');
  });

  it('do not take a boolean from any other byte than 0 and 1', () => {
    expect(() => avroType('boolean').fromBuffer(Buffer.from([2]))).toThrow('neither 0 nor 1');
  });
});
