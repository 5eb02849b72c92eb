import { type Connection, openConnection } from '../../../src/adapters/mysql/connect.js';
import { describeCursor } from '../../../src/adapters/mysql/cursor.js';
import { readTable } from '../../../src/adapters/mysql/table.js';
import type { BridgeError } from '../../../src/core/errors.js';
import { type TestDatabase, testDatabase } from './test-database.js';

describe('a table', () => {
  let database: TestDatabase;
  let connection: Connection;
  let mariadb: boolean;
  const make = async (table: string, body: string) => {
    await connection.query(`CREATE TABLE ${table} (${body})`);
    return readTable(connection.query, { table });
  };
  const cursorOf = async (table: string, body: string, cursor: string) => describeCursor(table, await make(table, body), cursor);
  const failure = async (promise: Promise<unknown>): Promise<BridgeError> =>
    promise.then(
      () => {
        throw new Error('nothing was thrown');
      },
      (error: BridgeError) => error,
    );

  beforeAll(async () => {
    database = await testDatabase();
    connection = await openConnection(database.params, { role: 'test of columns' });
    const [server] = await connection.query<{ version: string }>('SELECT VERSION() version');
    mariadb = /mariadb/i.test(server?.version ?? '');
  });
  afterAll(async () => {
    await connection?.close();
    await database?.drop();
  });

  it('has a cursor that is stamped where the stamp has all its digits', async () => {
    const stamp = (by: string, digits = '(6)') =>
      `id INT PRIMARY KEY, at TIMESTAMP${digits} NOT NULL DEFAULT ${by} ON UPDATE CURRENT_TIMESTAMP${digits}`;
    const stamped = { defaultNow: true, onUpdateNow: true };
    expect(await cursorOf('all_digits', stamp('CURRENT_TIMESTAMP(6)'), 'at')).toMatchObject(stamped);
    expect(await cursorOf('whole_seconds', stamp('CURRENT_TIMESTAMP', ''), 'at')).toMatchObject(stamped);
    // MySQL refuses these.
    if (mariadb)
      expect(await cursorOf('one_digit', stamp('CURRENT_TIMESTAMP(1)'), 'at')).toMatchObject({ ...stamped, defaultNow: false });
  });

  it('is described column by column', async () => {
    const { columns } = await make(
      'every_type',
      `ti TINYINT, siu SMALLINT UNSIGNED NOT NULL, mi MEDIUMINT, i INT, iu INT(10) UNSIGNED, iz INT ZEROFILL, bi BIGINT NOT NULL, biu BIGINT UNSIGNED,
       flag BOOLEAN, y YEAR, de DECIMAL(65,30), deu DECIMAL(10,2) UNSIGNED NOT NULL, de0 DECIMAL, nu NUMERIC(5,1),
       c CHAR(3), vc VARCHAR(20) CHARACTER SET latin1, tt TINYTEXT, tx TEXT, mt MEDIUMTEXT, lt LONGTEXT, en ENUM('unsigned','b'), st SET('a','b'), js JSON,
       d DATE, t TIME(6), dt DATETIME(3), dt0 DATETIME, ts TIMESTAMP(6) NULL, ts0 TIMESTAMP NULL,
       f FLOAT, db DOUBLE, bt BIT(64), b BINARY(3), vb VARBINARY(20), bl BLOB, lb LONGBLOB, g POINT, eb ENUM('a') CHARACTER SET binary,
       gen INT GENERATED ALWAYS AS (i + 1) VIRTUAL`,
    );
    const integer = (bits: number, unsigned = false) => ({ kind: 'integer', bits, unsigned });
    const decimal = (precision: number, scale: number) => ({ kind: 'decimal', precision, scale });
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['ti', integer(8)],
      ['siu', integer(16, true)],
      ['mi', integer(24)],
      ['i', integer(32)],
      ['iu', integer(32, true)],
      ['iz', integer(32, true)],
      ['bi', integer(64)],
      ['biu', integer(64, true)],
      ['flag', integer(8)],
      ['y', { kind: 'year' }],
      ['de', decimal(65, 30)],
      ['deu', decimal(10, 2)],
      ['de0', decimal(10, 0)],
      ['nu', decimal(5, 1)],
      ...['c', 'vc', 'tt', 'tx', 'mt', 'lt', 'en', 'st', 'js'].map((name) => [name, { kind: 'text' }]),
      ['d', { kind: 'date' }],
      ['t', { kind: 'time' }],
      ['dt', { kind: 'datetime', digits: 3 }],
      ['dt0', { kind: 'datetime', digits: 0 }],
      ['ts', { kind: 'timestamp', digits: 6 }],
      ['ts0', { kind: 'timestamp', digits: 0 }],
      ['f', { kind: 'float' }],
      ['db', { kind: 'double' }],
      ['bt', { kind: 'bits', bits: 64 }],
      ...['b', 'vb', 'bl', 'lb', 'g', 'eb'].map((name) => [name, { kind: 'bytes' }]),
      ['gen', integer(32)],
    ]);
    const named = new Map(columns.map((column) => [column.name, column]));
    expect(named.get('bi')).toMatchObject({ nullable: false, generated: false, defaultNow: false, onUpdateNow: false });
    expect(named.get('biu')).toMatchObject({ nullable: true });
    expect(named.get('deu')?.sqlType).toBe('decimal(10,2) unsigned');
    expect(named.get('vc')?.characterSet).toBe('latin1');
    expect(named.get('gen')).toMatchObject({ generated: true });
  });

  it.each([
    ['a uuid', 'UUID'],
    ['an address', 'INET6'],
  ])('has %s, which MariaDB alone knows and prints as text', async (_, type) => {
    if (!mariadb) return;
    const { columns } = await make(`only_${type}`, `x ${type}`);
    expect(columns[0]?.type).toEqual({ kind: 'text' });
  });

  it('has a vector, which is bytes', async () => {
    if (mariadb) return;
    const { columns } = await make('vectors', 'x VECTOR(3)');
    expect(columns[0]?.type).toEqual({ kind: 'bytes' });
  });

  it('tells its key, its indexes and when it was made', async () => {
    const before = await connection.query<{ now: string }>('SELECT CAST(NOW() AS CHAR) now');
    const table = await make(
      'keyed',
      `id INT UNSIGNED PRIMARY KEY, name VARCHAR(50), ts TIMESTAMP(6) NOT NULL, UNIQUE KEY by_name (name), KEY by_ts (ts, id), KEY by_start (name(5), ts)`,
    );
    expect(table.primaryKey).toEqual(['id']);
    expect(table.indexes).toEqual(
      expect.arrayContaining([
        { name: 'PRIMARY', columns: ['id'], unique: true },
        { name: 'by_name', columns: ['name'], unique: true },
        { name: 'by_ts', columns: ['ts', 'id'], unique: false },
        { name: 'by_start', columns: ['', 'ts'], unique: false },
      ]),
    );
    expect(table.engine).toBe('InnoDB');
    expect(table.createdAt).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
    expect((table.createdAt ?? '') >= (before[0]?.now ?? '')).toBe(true);
  });

  it('is found in another database too', async () => {
    await make('elsewhere', 'id INT PRIMARY KEY');
    const outside = await openConnection({ ...database.params, database: 'mysql' }, { role: 'test' });
    try {
      const table = await readTable(outside.query, { database: database.params.database, table: 'elsewhere' });
      expect(table.columns.map(({ name }) => name)).toEqual(['id']);
    } finally {
      await outside.close();
    }
  });

  it('that does not exist is named', async () => {
    const error = await failure(readTable(connection.query, { table: 'nothing_here' }));
    expect(error).toMatchObject({ code: 'TABLE_MISSING', kind: 'configuration' });
    expect(error.message).toContain("'nothing_here'");
  });

  const stamped = 'NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)';

  it('is read by a timestamp that the database stamps', async () => {
    expect(
      await cursorOf(
        'products',
        `id BIGINT PRIMARY KEY, last_updated TIMESTAMP(6) ${stamped}, KEY keyset (last_updated, id)`,
        'last_updated',
      ),
    ).toMatchObject({ type: 'timestamp', digits: 6, defaultNow: true, onUpdateNow: true, index: 'keyset', key: { name: 'id' } });
  });

  it.each([
    [
      'without digits',
      'id INT PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP',
      { digits: 0, defaultNow: true, onUpdateNow: true, index: null },
    ],
    [
      'a datetime',
      `id INT PRIMARY KEY, at DATETIME(3) NOT NULL DEFAULT NOW(3) ON UPDATE NOW(3), KEY k (at)`,
      { type: 'datetime', digits: 3, defaultNow: true, onUpdateNow: true, index: null },
    ],
    [
      'stamped at the insert only',
      'id INT PRIMARY KEY, at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)',
      { defaultNow: true, onUpdateNow: false },
    ],
    [
      'with a constant',
      "id INT PRIMARY KEY, at DATETIME(6) NOT NULL DEFAULT '2020-01-01 00:00:00'",
      { defaultNow: false, onUpdateNow: false },
    ],
    ['stamped by nobody', 'id INT PRIMARY KEY, at DATETIME(6) NOT NULL', { defaultNow: false, onUpdateNow: false }],
    [
      'stamped at the update only',
      "id INT PRIMARY KEY, at DATETIME(6) NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP(6)",
      { defaultNow: false, onUpdateNow: true },
    ],
    ['with a longer index', 'id INT PRIMARY KEY, n INT, at TIMESTAMP(6) NOT NULL, KEY k (at, id, n)', { index: 'k' }],
    ['with an index in the other order', 'id INT PRIMARY KEY, at TIMESTAMP(6) NOT NULL, KEY k (id, at)', { index: null }],
  ])('is read by a cursor %s', async (name, body, expected) => {
    expect(await cursorOf(`by_${name.replaceAll(' ', '_')}`, body, 'at')).toMatchObject(expected);
  });

  it('does not count on an index that is out of use', async () => {
    const body = `id INT PRIMARY KEY, at TIMESTAMP(6) ${stamped}, KEY k (at, id) ${mariadb ? 'IGNORED' : 'INVISIBLE'}`;
    expect(await cursorOf('unused_index', body, 'at')).toMatchObject({ index: null });
  });

  it.each([
    [
      'has no such column',
      `id INT PRIMARY KEY, last_updated TIMESTAMP(6) ${stamped}`,
      'last_update',
      'CURSOR_COLUMN_MISSING',
      "Its timestamp columns: 'last_updated'",
    ],
    ['has it in other letters', `id INT PRIMARY KEY, at TIMESTAMP(6) ${stamped}`, 'AT', 'CURSOR_COLUMN_MISSING', "it is 'at'"],
    ['has it as a number', 'id INT PRIMARY KEY, at BIGINT NOT NULL', 'at', 'CURSOR_TYPE_UNSUPPORTED', 'of type bigint'],
    [
      'has it with nulls',
      'id INT PRIMARY KEY, at DATETIME(3) NULL',
      'at',
      'CURSOR_NULLABLE',
      'NOT NULL DEFAULT CURRENT_TIMESTAMP(3)',
    ],
    ['has no primary key', `id INT, at TIMESTAMP(6) ${stamped}`, 'at', 'PRIMARY_KEY_UNSUPPORTED', 'has no primary key'],
    [
      'has a key of two columns',
      `a INT, b INT, at TIMESTAMP(6) ${stamped}, PRIMARY KEY (a, b)`,
      'at',
      'PRIMARY_KEY_UNSUPPORTED',
      '(a, b)',
    ],
    [
      'has a piece of a column as its key',
      `a VARCHAR(50), at TIMESTAMP(6) ${stamped}, PRIMARY KEY (a(5))`,
      'at',
      'PRIMARY_KEY_UNSUPPORTED',
      '',
    ],
  ])('is refused when it %s', async (name, body, cursor, code, words) => {
    const error = await failure(cursorOf(`no_${name.replaceAll(' ', '_')}`, body, cursor));
    expect(error).toMatchObject({ code, kind: 'configuration' });
    expect(error.message).toContain(words);
  });

  it('is mended by the statements that the error gives', async () => {
    await make('mendable', 'id INT PRIMARY KEY, `at``x` DATETIME(3) NULL');
    await connection.query('INSERT INTO mendable VALUES (1, NULL)');
    const before = await readTable(connection.query, { table: 'mendable' });
    const error = await failure((async () => describeCursor('mendable', before, 'at`x'))());
    for (const statement of error.fix.split(';').filter((text) => text.trim() !== '')) await connection.query(statement);
    const after = await readTable(connection.query, { table: 'mendable' });
    expect(describeCursor('mendable', after, 'at`x')).toMatchObject({ digits: 3, defaultNow: true, onUpdateNow: true });
  });
});
