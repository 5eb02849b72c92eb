import fc from 'fast-check';

/** One kind of column: its type in SQL, SQL literals for its values, and how its value is compared with what the server says. */
export type ColumnKind = Readonly<{
  sqlType: string;
  literal: fc.Arbitrary<string>;
  /** `number`: digit by digit; `same number`: the server is asked; `text`, `bytes`: by HEX; `moment`: by its day and time. */
  as: 'number' | 'same number' | 'text' | 'bytes' | 'plain' | 'date' | 'local' | 'moment';
}>;

const hexOf = (bytes: Uint8Array): string => (bytes.length === 0 ? "''" : `0x${Buffer.from(bytes).toString('hex')}`);
const quoted = (text: string): string => `'${text}'`;
const two = (n: number): string => String(n).padStart(2, '0');
const [MOST, LEAST] = [2n ** 64n - 1n, -(2n ** 63n)];

const whole = (min: bigint, max: bigint): fc.Arbitrary<string> =>
  fc
    .oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, min < 0n ? -1n : min, 2n ** 53n + 1n < max ? 2n ** 53n + 1n : max))
    .map(String);

const integer = (name: string, bits: number) =>
  fc.constantFrom(...['', ' UNSIGNED', ' ZEROFILL']).map((sign): ColumnKind => {
    const signed = sign === '';
    const [min, max] = signed ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n] : [0n, 2n ** BigInt(bits) - 1n];
    return { sqlType: `${name}${sign}`, literal: whole(min, max), as: 'number' };
  });

const decimal = fc
  .integer({ min: 1, max: 65 })
  .chain((precision) => fc.tuple(fc.constant(precision), fc.integer({ min: 0, max: Math.min(30, precision) })))
  .map(([precision, scale]): ColumnKind => {
    const limit = 10n ** BigInt(precision) - 1n;
    const literal = whole(-limit, limit).map((text) => {
      const digits = text.replace('-', '').padStart(scale + 1, '0');
      const point = digits.length - scale;
      return `${text.startsWith('-') ? '-' : ''}${digits.slice(0, point)}${scale === 0 ? '' : `.${digits.slice(point)}`}`;
    });
    return { sqlType: `DECIMAL(${precision},${scale})`, literal, as: 'number' };
  });

/** No infinity and no NaN: MySQL has neither. */
const floating = (value: fc.Arbitrary<number>, ...sqlTypes: string[]) =>
  fc.constantFrom(...sqlTypes).map(
    (sqlType): ColumnKind => ({
      sqlType,
      literal: value.map((number) =>
        Object.is(number, -0) ? '-0e0' : Number.isInteger(number) ? `${number}e0`.replace(/e(.*)e0$/, 'e$1') : `${number}`,
      ),
      as: 'same number',
    }),
  );
const finite = { noNaN: true, noDefaultInfinity: true } as const;

const bits = fc
  .integer({ min: 1, max: 64 })
  .map((size): ColumnKind => ({ sqlType: `BIT(${size})`, literal: whole(0n, 2n ** BigInt(size) - 1n), as: 'number' }));

const CHARSETS = ['utf8mb4', 'utf8mb4', 'utf8mb3', 'latin1', 'ascii', 'ucs2', 'utf16', 'utf32', 'gbk', 'sjis'] as const;
const EDGES = ['', ' ', '"\\\n\u0000\u0001', 'null', '__proto__', "it's", '0000-00-00', '1e5'];
const WIDE = ['\u2028\u2029', '\ufeff', '\ufffd', 'é', '中'];

/** Texts that every one of these character sets can hold, and those that only the wider ones can. */
const textIn = (charset: string): fc.Arbitrary<string> => {
  const plain = [fc.string({ unit: 'binary-ascii', maxLength: 30 }), fc.constantFrom(...EDGES)];
  if (charset === 'utf8mb4' || charset === 'utf16' || charset === 'utf32')
    return fc.oneof(...plain, fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom(...WIDE, '\u{1f468}\u200d\u{1f469}'));
  if (charset === 'utf8mb3' || charset === 'ucs2') return fc.oneof(...plain, fc.constantFrom(...WIDE));
  return charset === 'latin1' ? fc.oneof(...plain, fc.constantFrom('é', '€', 'ÿ', '\u0081')) : fc.oneof(...plain);
};

const utf8 = (text: string): string => (text === '' ? "''" : `CONVERT(${hexOf(Buffer.from(text))} USING utf8mb4)`);

const text = fc
  .tuple(fc.constantFrom('CHAR(40)', 'VARCHAR(40)', 'TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT'), fc.constantFrom(...CHARSETS))
  .map(
    ([name, charset]): ColumnKind => ({
      sqlType: `${name} CHARACTER SET ${charset}`,
      literal: textIn(charset).map(utf8),
      as: 'text',
    }),
  );

const latin1Bytes: ColumnKind = {
  sqlType: 'VARCHAR(40) CHARACTER SET latin1',
  literal: fc.uint8Array({ maxLength: 40 }).map((bytes) => (bytes.length === 0 ? "''" : `_latin1 ${hexOf(bytes)}`)),
  as: 'text',
};

const bytes = fc
  .constantFrom('BINARY(20)', 'VARBINARY(40)', 'TINYBLOB', 'BLOB', 'MEDIUMBLOB', 'LONGBLOB', 'VARCHAR(40) CHARACTER SET binary')
  .map((sqlType): ColumnKind => ({ sqlType, literal: fc.uint8Array({ maxLength: 20 }).map(hexOf), as: 'bytes' }));

const member = fc.constantFrom('a', 'b c', "it''s", 'é', '中', '');
const choices: fc.Arbitrary<ColumnKind> = fc.constantFrom(
  { sqlType: "ENUM('a','b c','it''s','é','中','')", literal: member.map(quoted), as: 'text' as const },
  {
    sqlType: "SET('a','é','中','x y')",
    literal: fc.subarray(['a', 'é', '中', 'x y']).map((some) => quoted(some.join(','))),
    as: 'text' as const,
  },
  { sqlType: "ENUM('a','b') CHARACTER SET binary", literal: fc.constantFrom("'a'", "'b'"), as: 'bytes' as const },
);

const json: ColumnKind = { sqlType: 'JSON', literal: fc.json({ maxDepth: 2, stringUnit: 'grapheme' }).map(utf8), as: 'text' };

const day = fc.oneof(
  fc
    .date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  fc.constantFrom('0000-00-00', '2026-00-00', '2026-00-15', '2026-02-31', '2026-02-00', '2024-02-29', '0001-01-01', '9999-12-31'),
);
const DIGITS = fc.integer({ min: 0, max: 6 });
const clock = (digits: number, hours: number) =>
  fc
    .tuple(
      fc.integer({ min: 0, max: hours }),
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 0, max: 10 ** digits - 1 }),
    )
    .map(
      ([hour, minute, second, fraction]) =>
        `${two(hour)}:${two(minute)}:${two(second)}${digits === 0 ? '' : `.${String(fraction).padStart(digits, '0')}`}`,
    );

const date: ColumnKind = { sqlType: 'DATE', literal: day.map(quoted), as: 'date' };
const datetime = DIGITS.map(
  (digits): ColumnKind => ({
    sqlType: `DATETIME(${digits})`,
    literal: fc.tuple(day, clock(digits, 23)).map((parts) => quoted(parts.join(' '))),
    as: 'local',
  }),
);
const timestamp = DIGITS.map((digits): ColumnKind => {
  const moment = fc.date({ min: new Date('1970-01-02T00:00:00Z'), max: new Date('2038-01-18T00:00:00Z'), noInvalidDate: true });
  const literal = fc.tuple(moment, clock(digits, 23)).map(([at, time]) => quoted(`${at.toISOString().slice(0, 10)} ${time}`));
  return {
    sqlType: `TIMESTAMP(${digits}) DEFAULT '2000-01-01'`,
    literal: fc.oneof(literal, fc.constant("'0000-00-00 00:00:00'")),
    as: 'moment',
  };
});
const time = DIGITS.map(
  (digits): ColumnKind => ({
    sqlType: `TIME(${digits})`,
    literal: fc.oneof(
      fc.tuple(fc.constantFrom('', '-'), clock(digits, 837)).map((parts) => quoted(parts.join(''))),
      fc.constantFrom("'838:59:59'", "'-838:59:59'", "'00:00:00'"),
    ),
    as: 'plain',
  }),
);
const year: ColumnKind = {
  sqlType: 'YEAR',
  literal: fc.oneof(fc.integer({ min: 1901, max: 2155 }), fc.constant(0)).map(String),
  as: 'number',
};

const point = fc.tuple(fc.integer({ min: -90, max: 90 }), fc.integer({ min: -90, max: 90 })).map((at) => at.join(' '));
const geometry: fc.Arbitrary<ColumnKind> = fc.constantFrom(
  { sqlType: 'POINT', literal: point.map((at) => `ST_GeomFromText('POINT(${at})')`), as: 'bytes' as const },
  {
    sqlType: 'GEOMETRY',
    literal: fc.tuple(point, point).map((ends) => `ST_GeomFromText('LINESTRING(${ends.join(',')})', 4326)`),
    as: 'bytes' as const,
  },
  {
    sqlType: 'GEOMETRYCOLLECTION',
    literal: point.map((at) => `ST_GeomFromText('GEOMETRYCOLLECTION(POINT(${at}))')`),
    as: 'bytes' as const,
  },
);

const vector: ColumnKind = {
  sqlType: 'VECTOR(3)',
  literal: fc.tuple(...[0, 1, 2].map(() => fc.integer())).map((of) => `STRING_TO_VECTOR('[${of.join(',')}]')`),
  as: 'bytes',
};
const ofMariadb: fc.Arbitrary<ColumnKind> = fc.constantFrom(
  { sqlType: 'UUID', literal: fc.uuid().map(quoted), as: 'plain' as const },
  { sqlType: 'INET6', literal: fc.constantFrom("'::1'", "'2001:db8::ff00:42:8329'"), as: 'plain' as const },
  { sqlType: 'INET4', literal: fc.constantFrom("'127.0.0.1'", "'255.255.255.255'"), as: 'plain' as const },
);

/** Any column of the server at hand. */
export const anyColumn = (mariadb: boolean): fc.Arbitrary<ColumnKind> =>
  fc.oneof(
    fc.oneof(integer('TINYINT', 8), integer('SMALLINT', 16), integer('MEDIUMINT', 24), integer('INT', 32), integer('BIGINT', 64)),
    fc.constant<ColumnKind>({ sqlType: 'BOOLEAN', literal: fc.constantFrom('0', '1', '-128'), as: 'number' }),
    decimal,
    floating(fc.float(finite), 'FLOAT', 'FLOAT(30)', 'DOUBLE'),
    floating(fc.double(finite), 'DOUBLE', 'REAL'),
    floating(fc.double({ ...finite, min: -1e9, max: 1e9 }), 'DOUBLE(20,5)', 'FLOAT(20,5)'),
    bits,
    text,
    fc.constant(latin1Bytes),
    bytes,
    choices,
    fc.constant(json),
    fc.constant(date),
    datetime,
    timestamp,
    time,
    fc.constant(year),
    geometry,
    mariadb ? ofMariadb : fc.constant(vector),
  );

/** Primary keys; every row gets another one. */
export const KEYS: readonly Readonly<{ sqlType: string; literal(n: number): string }>[] = [
  { sqlType: 'BIGINT', literal: (n) => String(LEAST + BigInt(n)) },
  { sqlType: 'BIGINT UNSIGNED', literal: (n) => String(MOST - BigInt(n)) },
  { sqlType: 'INT ZEROFILL', literal: (n) => String(n) },
  { sqlType: 'VARCHAR(36)', literal: (n) => `'key ${n % 3} ''${n}'` },
  { sqlType: 'BINARY(16)', literal: (n) => `0xff00${two(n)}80`.padEnd(34, '0') },
  { sqlType: 'DECIMAL(40,5)', literal: (n) => `12345678901234567890123456789012345.${String(n).padStart(5, '0')}` },
  { sqlType: 'BIT(64)', literal: (n) => String(MOST - BigInt(n)) },
  { sqlType: 'DOUBLE', literal: (n) => `${0.1 + n}` },
];
