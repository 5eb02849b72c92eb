import fc from 'fast-check';
import { avroType } from '../../../src/adapters/avro/avro-type.js';
import { columnToAvro } from '../../../src/adapters/avro/column-to-avro.js';
import { readColumns, type TableColumn } from '../../../src/adapters/mysql/columns.js';
import { type Connection, openConnection } from '../../../src/adapters/mysql/connect.js';
import { type Decimal, decimalText, isDecimal } from '../../../src/core/decimal.js';
import { type TestDatabase, testDatabase } from '../mysql/test-database.js';

type Row = Record<string, unknown>;

/** What the row should look like once it went through Avro, from what MySQL printed. */
const expected = (columns: readonly TableColumn[], row: Row): Row =>
  Object.fromEntries(
    columns.map(({ name, type }) => {
      const value = row[name];
      if (value === null) return [name, null];
      if (type.kind === 'timestamp' || type.kind === 'datetime') {
        const [day, time = ''] = String(value).split(' ');
        const [clock, fraction = ''] = time.split('.');
        return [name, `${day}T${clock}.${fraction.padEnd(6, '0')}${type.kind === 'timestamp' ? 'Z' : ''}`];
      }
      return [name, String(value)];
    }),
  );

/** The value as MySQL would print it. */
const printed = (value: unknown): unknown => {
  if (value === null) return null;
  return isDecimal(value) ? decimalText(value as Decimal) : String(value);
};

describe('rows from MySQL through Avro', () => {
  let database: TestDatabase;
  let connection: Connection;

  beforeAll(async () => {
    database = await testDatabase();
    connection = await openConnection(database.params, { role: 'test of rows' });
  });
  afterAll(async () => {
    await connection?.close();
    await database?.drop();
  });

  const prepare = async (table: string, body: string) => {
    await connection.query(`CREATE TABLE ${table} (${body})`);
    const columns = await readColumns(connection.query, { table });
    const fields = columns.map((column) => ({ name: column.name, type: columnToAvro(column) }));
    const type = avroType({ type: 'record', name: 'R', fields });
    const roundTrip = async (): Promise<void> => {
      const rows = await connection.query<Row>(`SELECT * FROM ${table}`);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        const back = type.fromBuffer(type.toBuffer(row)) as Row;
        const again = Object.fromEntries(Object.entries(back).map(([name, value]) => [name, printed(value)]));
        expect(again).toEqual(expected(columns, row));
      }
    };
    return { columns, roundTrip };
  };

  it('stay exact at the edges of every type', async () => {
    const { roundTrip } = await prepare(
      'edges',
      `ti TINYINT, tiu TINYINT UNSIGNED, i INT, iu INT UNSIGNED, iz INT(10) ZEROFILL, bi BIGINT, biu BIGINT UNSIGNED, y YEAR,
       de DECIMAL(65,30), deu DECIMAL(10,2) UNSIGNED, c CHAR(4), vc VARCHAR(100), tx TEXT, en ENUM('a','\u00e9'), st SET('a','b'), js JSON,
       d DATE, t TIME(6), dt DATETIME(6), dt0 DATETIME, ts TIMESTAMP(6) NULL, ts0 TIMESTAMP NULL`,
    );
    const nines = `${'9'.repeat(35)}.${'9'.repeat(30)}`;
    const rows: unknown[][] = [
      [
        -128,
        0,
        -2147483648,
        0,
        0,
        '-9223372036854775808',
        '0',
        1901,
        `-${nines}`,
        '0.00',
        '',
        '',
        '',
        'a',
        '',
        '{}',
        '1000-01-01',
        '-838:59:59.000000',
        '1000-01-01 00:00:00.000000',
        '1000-01-01 00:00:00',
        '1970-01-01 00:00:01.000000',
        '1970-01-01 00:00:01',
      ],
      [
        127,
        255,
        2147483647,
        4294967295,
        4294967295,
        '9223372036854775807',
        '18446744073709551615',
        2155,
        nines,
        '99999999.99',
        '\u{1f4a1}\u2028',
        '\u0000\u0001"\\\n',
        '\u{1f468}\u200d\u{1f469}',
        '\u00e9',
        'a,b',
        '{"a": [1.10, "\u2028"]}',
        '9999-12-31',
        '838:59:59.000000',
        '9999-12-31 23:59:59.999999',
        '9999-12-31 23:59:59',
        '2038-01-19 03:14:07.499999',
        '2038-01-19 03:14:07',
      ],
      [
        0,
        7,
        1,
        1,
        7,
        '9007199254740993',
        '9007199254740993',
        2026,
        '0.000000000000000000000000000001',
        '0.01',
        'x',
        '__proto__',
        'y',
        'a',
        'b',
        '[]',
        '2024-02-29',
        '00:00:00.000001',
        '2026-11-21 01:22:33.000001',
        '2026-11-21 01:22:33',
        '2026-11-21 01:22:33.123456',
        '2026-11-21 01:22:33',
      ],
      Array(22).fill(null),
    ];
    for (const row of rows) await connection.query(`INSERT INTO edges VALUES (${row.map(() => '?').join(', ')})`, row);
    await roundTrip();
  });

  it('stay exact with any values', async () => {
    const { roundTrip } = await prepare(
      'anything',
      'bi BIGINT, biu BIGINT UNSIGNED, de DECIMAL(40,12), tx LONGTEXT CHARACTER SET utf8mb4, dt DATETIME(6), t TIME(3)',
    );
    const two = (n: number) => String(n).padStart(2, '0');
    const row = fc.tuple(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
      fc.bigInt({ min: -(10n ** 40n) + 1n, max: 10n ** 40n - 1n }).map((unscaled) => decimalText({ unscaled, scale: 12 })),
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc
        .date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
        .chain((date) =>
          fc
            .integer({ min: 0, max: 999 })
            .map((micros) => `${date.toISOString().slice(0, -1).replace('T', ' ')}${String(micros).padStart(3, '0')}`),
        ),
      fc
        .tuple(fc.integer({ min: -837, max: 837 }), fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 999 }))
        .map(
          ([hours, minutes, millis]) =>
            `${hours < 0 ? '-' : ''}${two(Math.abs(hours))}:${two(minutes)}:00.${String(millis).padStart(3, '0')}`,
        ),
    );
    for (const values of fc.sample(row, 200)) await connection.query('INSERT INTO anything VALUES (?, ?, ?, ?, ?, ?)', values);
    await roundTrip();
  });

  it('stay exact with days that do not exist, which a schema without room for them refuses', async () => {
    await connection.query("SET @@SESSION.sql_mode = 'ALLOW_INVALID_DATES'");
    const { roundTrip } = await prepare('zeros', 'd DATE, t TIME(6)');
    await connection.query("INSERT INTO zeros VALUES ('0000-00-00', 0), ('2026-00-15', 0), ('2026-02-31', 0)");
    await roundTrip();
    const date = avroType({ type: 'int', logicalType: 'date' });
    for (const row of await connection.query<Row>('SELECT * FROM zeros'))
      expect(() => date.toBuffer(row.d)).toThrow(/is not a date of the form/);
  });
});
