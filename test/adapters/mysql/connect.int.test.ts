import { isIP } from 'node:net';
import { inspect } from 'node:util';
import { createConnection } from 'mysql2';
import { type Connection, openConnection } from '../../../src/adapters/mysql/connect.js';
import { ABORT_GRACE_MS, connected, runStatement } from '../../../src/adapters/mysql/driver.js';
import { mysqlError } from '../../../src/adapters/mysql/errors.js';
import { driverOptions } from '../../../src/adapters/mysql/options.js';
import { inTransaction } from '../../../src/adapters/mysql/transaction.js';
import { type TestDatabase, testDatabase, testName } from './test-database.js';

describe('a connection', () => {
  let database: TestDatabase;
  let connection: Connection;
  const user = testName('u');
  const password = `p'"\\%_ ä${testName('p')}`;

  beforeAll(async () => {
    database = await testDatabase();
    await database.connection.query(`CREATE USER ?@'%' IDENTIFIED BY ?`, [user, password]);
  });
  afterAll(() => database.drop(user));
  beforeEach(async () => {
    connection = await openConnection(database.params, { role: 'test of connections' });
  });
  afterEach(() => connection.close());

  const gone = async (id: number) => {
    const list = () => database.connection.query('SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ?', [id]);
    while ((await list()).length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  it('reads what is committed, and for as long as it takes, whatever the server has', async () => {
    const { query } = database.connection;
    const [{ version } = {}] = await query<{ version: string }>('SELECT VERSION() version');
    const limit = /mariadb/i.test(String(version)) ? 'max_statement_time' : 'max_execution_time';
    await query(`SET GLOBAL ${limit} = 1`);
    await query('SET GLOBAL TRANSACTION ISOLATION LEVEL READ UNCOMMITTED');
    const other = await openConnection(database.params, { role: 'test' }).finally(async () => {
      await query('SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await query(`SET GLOBAL ${limit} = 0`);
    });
    expect(Number((await other.query<{ most: string }>(`SELECT @@SESSION.${limit} AS most`))[0]?.most)).toBe(0);
    await connection.query('CREATE TABLE half_way (id INT PRIMARY KEY, n INT)');
    await connection.query('INSERT INTO half_way VALUES (1, 1)');
    await connection.query('BEGIN');
    await connection.query('UPDATE half_way SET n = 2');
    expect(await other.query('SELECT n FROM half_way')).toEqual([{ n: 1 }]);
    await connection.query('ROLLBACK');
    await other.close();
  });

  it('is in UTC, strict and autocommitting, whatever the server has', async () => {
    const { query } = database.connection;
    const settings = ['time_zone', 'sql_mode', 'autocommit'] as const;
    const [before] = await query<Record<string, string>>(
      `SELECT ${settings.map((name) => `@@GLOBAL.${name} ${name}`).join(', ')}`,
    );
    await query("SET GLOBAL time_zone = '+05:30', GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES', GLOBAL autocommit = 0");
    const other = await openConnection(database.params, { role: 'test' }).finally(() =>
      query('SET GLOBAL time_zone = ?, GLOBAL sql_mode = ?, GLOBAL autocommit = ?', [
        before?.time_zone,
        before?.sql_mode,
        Number(before?.autocommit),
      ]),
    );
    const [session] = await other.query(
      'SELECT @@time_zone zone, @@autocommit autocommit, @@sql_mode mode, @@character_set_connection charset',
    );
    expect(session).toMatchObject({ zone: '+00:00', autocommit: expect.anything(), charset: 'utf8mb4' });
    expect(session).toMatchObject({ mode: expect.stringMatching(/^(?!.*(BACKSLASH|ANSI)).*STRICT_TRANS_TABLES/) });
    expect(String((session as { autocommit: unknown }).autocommit)).toBe('1');
    expect(await other.query('SELECT ? AS text', ["a'b\\c😀"])).toEqual([{ text: "a'b\\c😀" }]);
    await other.close();
  });

  it('gives up an answer that would fill the memory, long before it is whole, and is not open any more', async () => {
    const driver = createConnection(driverOptions(database.params, { role: 'test of large answers' }));
    const large = { sql: `SELECT REPEAT('x', 1000000) x`, params: [], form: undefined };
    const limits = { deadlineMs: 30_000, signal: undefined, mostBytes: 4 * 1024 * 1024 };
    try {
      await connected(driver, undefined);
      expect(await runStatement(driver, { ...large, ...limits })).toHaveLength(1);
      const sql = Array(200).fill(large.sql).join(' UNION ALL ');
      const error = await runStatement(driver, { ...large, sql, ...limits }).catch((thrown) => mysqlError(thrown, 'MySQL'));
      expect(error).toMatchObject({
        code: 'MYSQL_UNAVAILABLE',
        kind: 'transient',
        message: expect.stringMatching(/an answer of more than 4 MiB.*PAGE_ROWS/),
      });
      await expect(runStatement(driver, { ...large, ...limits })).rejects.toThrow(/closed state|Connection lost/);
    } finally {
      driver.destroy();
    }
  });

  it('gives values as the server wrote them', async () => {
    await connection.query('CREATE TABLE kinds (big BIGINT UNSIGNED, exact DECIMAL(30,10), at TIMESTAMP(6) NULL, doc JSON)');
    const row = { big: '18446744073709551615', exact: '12345678901234567890.0123456789', at: '2026-11-21 01:22:33.123456' };
    const doc = '{"n": 12345678901234567890}';
    await connection.change('INSERT INTO kinds VALUES (?, ?, ?, ?)', [row.big, row.exact, row.at, doc]);
    expect(await connection.query('SELECT big, exact, at, CAST(doc AS CHAR) doc FROM kinds')).toEqual([{ ...row, doc }]);
    expect(typeof (await connection.query<{ doc: unknown }>('SELECT doc FROM kinds'))[0]?.doc).toBe('string');
  });

  it('counts what a change did', async () => {
    await connection.query(
      'CREATE TABLE counted (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, n INT) AUTO_INCREMENT = 9007199254740995',
    );
    expect(await connection.change('INSERT INTO counted (n) VALUES (1)')).toMatchObject({
      affectedRows: 1,
      insertId: '9007199254740995',
    });
    expect(await connection.change('UPDATE counted SET n = 1')).toMatchObject({ affectedRows: 1, changedRows: 0 });
    expect(await connection.change('UPDATE counted SET n = 2')).toMatchObject({ affectedRows: 1, changedRows: 1 });
    expect(await connection.query('DELETE FROM counted')).toEqual([]);
  });

  it('tells the server who it is', async () => {
    const attributes = await connection.query<{ n: string; v: string }>(
      'SELECT ATTR_NAME n, ATTR_VALUE v FROM performance_schema.session_account_connect_attrs WHERE PROCESSLIST_ID = CONNECTION_ID()',
    );
    const told = Object.fromEntries(attributes.map(({ n, v }) => [n, v]));
    expect(told).toMatchObject({ program_name: 'rowbridge', _pid: String(process.pid), rowbridge_role: 'test of connections' });
    const [own] = await connection.query<{ id: unknown }>('SELECT CONNECTION_ID() id');
    expect(Number(own?.id)).toBe(connection.id);
  });

  it('gives up a statement at its deadline, and the connection with it', async () => {
    const hasty = await openConnection(database.params, { role: 'test', deadlineMs: 2_000 });
    await expect(hasty.query('SELECT SLEEP(30)')).rejects.toMatchObject({
      code: 'MYSQL_UNAVAILABLE',
      found: expect.stringContaining('no answer within 2 s'),
    });
    expect(hasty.isOpen()).toBe(false);
    await expect(hasty.query('SELECT 1')).rejects.toMatchObject({ kind: 'transient' });
    await database.connection.query(`KILL ${hasty.id}`);
    await hasty.close();
  });

  it('lets a running statement end for a moment when the signal aborts, no longer', async () => {
    const stop = new AbortController();
    const stoppable = await openConnection({ ...database.params, signal: stop.signal }, { role: 'test' });
    const short = stoppable.query('SELECT SLEEP(0.2)');
    stop.abort();
    expect(await short).toHaveLength(1);
    const began = performance.now();
    await expect(stoppable.query('SELECT SLEEP(30)')).rejects.toMatchObject({ kind: 'transient' });
    expect(performance.now() - began).toBeGreaterThanOrEqual(ABORT_GRACE_MS - 50);
    await database.connection.query(`KILL ${stoppable.id}`);
  });

  it('outlives nothing: a connection killed while idle is known to be lost', async () => {
    await database.connection.query(`KILL ${connection.id}`);
    while (connection.isOpen()) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(connection.query('SELECT 1')).rejects.toMatchObject({ code: 'MYSQL_UNAVAILABLE', kind: 'transient' });
    await connection.close();
  });

  it('is transient when it is killed in the middle of a statement', async () => {
    const sleeping = expect(connection.query('SELECT SLEEP(30)')).rejects.toMatchObject({ kind: 'transient' });
    const running = () =>
      database.connection.query("SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ? AND INFO LIKE '%SLEEP%'", [
        connection.id,
      ]);
    while ((await running()).length === 0);
    await database.connection.query(`KILL ${connection.id}`);
    await sleeping;
  });

  it('says goodbye when it closes', async () => {
    await connection.close();
    await gone(connection.id);
    await connection.close();
  });

  it.each([
    ['a wrong password', { password: 'wrong-hunter2' }, 'MYSQL_ACCESS_DENIED'],
    ['a database without rights', { database: 'mysql' }, 'MYSQL_ACCESS_DENIED'],
  ])('refuses %s as configuration, and keeps the password to itself', async (_, wrong, code) => {
    const error: unknown = await openConnection({ ...database.params, user, password, ...wrong }, { role: 'test' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code, kind: 'configuration', found: expect.stringContaining(`user '${user}'`) });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/hunter2|t_p_/);
  });

  it('says which database, table or column is missing', async () => {
    const missing = { ...database.params, database: 'no_such_database' };
    await expect(openConnection(missing, { role: 'test' })).rejects.toMatchObject({
      code: 'MYSQL_DATABASE_MISSING',
      kind: 'configuration',
    });
    await expect(connection.query('SELECT * FROM no_such_table')).rejects.toMatchObject({
      code: 'TABLE_MISSING',
      kind: 'configuration',
    });
    await expect(connection.query('SELECT no_such_column')).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
      kind: 'configuration',
    });
  });

  it('says which right is missing', async () => {
    const poor = await openConnection({ ...database.params, database: 'information_schema', user, password }, { role: 'test' });
    const denied = { code: 'MYSQL_GRANT_MISSING', kind: 'configuration', found: expect.stringContaining('metadata_locks') };
    await expect(poor.query('SELECT * FROM performance_schema.metadata_locks')).rejects.toMatchObject(denied);
    await poor.close();
  });

  it('refuses a server whose certificate it cannot trust, as configuration', async () => {
    const host = isIP(database.params.host) === 0 ? database.params.host : 'localhost';
    await expect(openConnection({ ...database.params, host, ssl: {} }, { role: 'test' })).rejects.toMatchObject({
      code: 'MYSQL_TLS',
      kind: 'configuration',
    });
  });

  it('rolls a failed transaction back whole', async () => {
    await connection.query('CREATE TABLE whole (n INT PRIMARY KEY)');
    const insert = (n: number) => connection.change('INSERT INTO whole VALUES (?)', [n]);
    const failing = inTransaction(connection, async () => {
      await insert(1);
      await insert(1);
    });
    await expect(failing).rejects.toMatchObject({ code: 'MYSQL_ERROR' });
    expect(await connection.query('SELECT * FROM whole')).toEqual([]);
    await inTransaction(connection, () => insert(2));
    expect(await connection.query('SELECT * FROM whole')).toEqual([{ n: 2 }]);
  });
});
