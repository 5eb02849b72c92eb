import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { escapeId } from 'mysql2';
import { PERFORMANCE_SCHEMA_TABLES } from '../../../src/adapters/mysql/accounts.js';
import { openConnection } from '../../../src/adapters/mysql/connect.js';
import { acquireLock, lockName } from '../../../src/adapters/mysql/lock.js';
import { type SetupParams, setupDatabase } from '../../../src/adapters/mysql/setup.js';
import { loadMigration } from '../../support/load-migration.js';
import { rememberingLog, silentLog } from '../../support/silent-log.js';
import { type Compiled, compileSources } from './compiled.js';
import { type TestDatabase, testDatabase, testName } from './test-database.js';

const migrationsDirectory = join(__dirname, '../../../db/migrations');
const MIGRATION = '20261121000000_products.mjs';

jest.setTimeout(120_000);

describe('setup', () => {
  let base: TestDatabase;
  let compiled: Compiled;
  let params: SetupParams;
  const users: string[] = [];
  const databases: string[] = [];

  beforeAll(async () => {
    base = await testDatabase();
    compiled = await compileSources('core', 'adapters/mysql');
  });
  afterAll(async () => {
    for (const name of databases) await base.connection.query(`DROP DATABASE IF EXISTS ${escapeId(name)}`);
    await base.drop(...users);
    await compiled.remove();
  });
  beforeEach(() => {
    const { database: _, ...admin } = base.params;
    const account = (what: string) => ({ user: testName(what), password: `p'"\\%_ ä;--${testName('p')}` });
    const [updater, capture] = [account('upd'), account('cap')];
    params = {
      admin,
      database: `${testName('db')}-x\`y`,
      tables: ['products'],
      updater,
      capture,
      migrationsDirectory,
      log: silentLog,
      loadMigration,
    };
    users.push(updater.user, capture.user);
    databases.push(params.database);
  });

  const root = <Row>(sql: string, values: readonly unknown[] = []) => base.connection.query<Row>(sql, values);
  const inDatabase = (sql: string) => sql.replaceAll('DB', escapeId(params.database));
  const login = (account: { user: string; password: string }) =>
    openConnection({ ...params.admin, ...account, database: params.database }, { role: 'test' });

  const runChild = async (killAt?: string) => {
    const { log: _, loadMigration: __, ...rest } = params;
    const env = { ...process.env, SETUP_CHILD: JSON.stringify({ directory: compiled.directory, params: rest, killAt }) };
    const child = spawn(process.execPath, [join(__dirname, 'setup-child.mjs')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { steps: out.trim().split('\n'), err, code, signal };
  };

  /** Everything that setup is to leave behind. */
  const state = async () => {
    const grants = async (user: string) =>
      (await root<object>(`SHOW GRANTS FOR ?@'%'`, [user]))
        .map((row) =>
          String(Object.values(row)[0])
            .replace(/ IDENTIFIED BY .*/, '')
            .replaceAll(user, 'USER')
            .replaceAll(params.database.replaceAll('`', '``'), 'DB'),
        )
        .sort();
    return {
      table: Object.values((await root<object>(inDatabase('SHOW CREATE TABLE DB.products')))[0] ?? {})[1],
      migrations: await root(inDatabase('SELECT id, name, batch FROM DB.knex_migrations')),
      lock: await root(inDatabase('SELECT is_locked FROM DB.knex_migrations_lock')),
      updater: await grants(params.updater.user),
      capture: await grants(params.capture.user),
    };
  };

  const expectComplete = async () => {
    const { table, ...rest } = await state();
    expect(String(table)).toMatch(
      /`last_updated` timestamp\(6\) NOT NULL DEFAULT current_timestamp\(6\) ON UPDATE current_timestamp\(6\)/i,
    );
    expect(String(table)).toMatch(/CHARSET=utf8mb4/);
    expect(rest).toEqual({
      migrations: [{ id: 1, name: MIGRATION, batch: 1 }],
      lock: [{ is_locked: 0 }],
      updater: ['GRANT SELECT, INSERT, UPDATE, DELETE ON `DB`.`products` TO `USER`@`%`', 'GRANT USAGE ON *.* TO `USER`@`%`'],
      capture: [
        'GRANT SELECT ON `DB`.`products` TO `USER`@`%`',
        ...PERFORMANCE_SCHEMA_TABLES.map((name) => `GRANT SELECT ON \`performance_schema\`.\`${name}\` TO \`USER\`@\`%\``),
        'GRANT USAGE ON *.* TO `USER`@`%`',
      ].sort(),
    });
    for (const account of [params.updater, params.capture]) await (await login(account)).close();
  };

  it('makes database, tables, accounts and rights, and the same again', async () => {
    await setupDatabase(params);
    await expectComplete();
    await setupDatabase(params);
    await expectComplete();
  });

  it('lets the updater write and the capture read, and neither do more', async () => {
    await setupDatabase(params);
    const updater = await login(params.updater);
    const capture = await login(params.capture);
    await updater.change("INSERT INTO products (name, category, price) VALUES ('Kettle 😀', 'cat_1', '100.50')");
    expect(await capture.query('SELECT name, price FROM products')).toEqual([{ name: 'Kettle 😀', price: '100.50' }]);
    for (const name of PERFORMANCE_SCHEMA_TABLES) await capture.query(`SELECT * FROM performance_schema.${name} LIMIT 1`);
    const denied = { code: 'MYSQL_GRANT_MISSING' };
    await expect(capture.change("UPDATE products SET name = 'x'")).rejects.toMatchObject(denied);
    await expect(capture.change('DELETE FROM products')).rejects.toMatchObject(denied);
    await expect(capture.query('SELECT * FROM knex_migrations')).rejects.toMatchObject(denied);
    await expect(updater.query('DROP TABLE products')).rejects.toMatchObject(denied);
    await expect(updater.query('SELECT * FROM performance_schema.threads')).rejects.toMatchObject(denied);
    await updater.close();
    await capture.close();
  });

  it('sets passwords again, so that a changed one works', async () => {
    await setupDatabase(params);
    const changed = { ...params.capture, password: 'another one' };
    await setupDatabase({ ...params, capture: changed });
    await (await login(changed)).close();
    await expect(login(params.capture)).rejects.toMatchObject({ code: 'MYSQL_ACCESS_DENIED' });
  });

  it('leaves rows that are there as they are', async () => {
    await setupDatabase(params);
    await root(inDatabase("INSERT INTO DB.products (id, name, category, price) VALUES (7, 'a', 'b', 1)"));
    const before = await root(inDatabase('SELECT * FROM DB.products'));
    await setupDatabase(params);
    expect(await root(inDatabase('SELECT * FROM DB.products'))).toEqual(before);
  });

  it('ends in the same state when it was killed at any of its steps and is run again', async () => {
    const { steps, err, code } = await runChild();
    expect({ err, code }).toEqual({ err: '', code: 0 });
    expect(steps.length).toBeGreaterThanOrEqual(10);
    for (const step of steps) {
      await root(inDatabase('DROP DATABASE DB'));
      for (const { user } of [params.updater, params.capture]) await root(`DROP USER ?@'%'`, [user]);
      const killed = await runChild(step);
      expect({ signal: killed.signal, last: killed.steps.at(-1) }).toEqual({ signal: 'SIGKILL', last: step });
      const again = await runChild();
      expect({ step, err: again.err, code: again.code }).toEqual({ step, err: '', code: 0 });
      await expectComplete();
    }
  });

  it('was really killed before the table, and between the table and its bookkeeping, with the lock of knex taken', async () => {
    await runChild(`before migration ${MIGRATION}`);
    expect(await root(inDatabase("SHOW TABLES FROM DB LIKE 'products'"))).toEqual([]);
    await runChild(`after migration ${MIGRATION}`);
    expect(await root(inDatabase('SELECT is_locked FROM DB.knex_migrations_lock'))).toEqual([{ is_locked: 1 }]);
    expect(await root(inDatabase("SHOW TABLES FROM DB LIKE 'products'"))).toHaveLength(1);
    expect(await root(inDatabase('SELECT * FROM DB.knex_migrations'))).toEqual([]);
    await setupDatabase(params);
    await expectComplete();
  });

  it.each([
    'DELETE FROM DB.knex_migrations_lock',
    'DROP TABLE DB.knex_migrations_lock',
    'INSERT INTO DB.knex_migrations_lock (is_locked) VALUES (1)',
  ])('copes with what a kill inside of knex leaves: %s', async (damage) => {
    await setupDatabase(params);
    await root(inDatabase(damage));
    await setupDatabase(params);
    await expectComplete();
  });

  it('takes its turn with other setups of the same database', async () => {
    await Promise.all([setupDatabase(params), setupDatabase(params), setupDatabase(params)]);
    await expectComplete();
  });

  it('says which process it waited for in vain, and gives up at once when the signal aborts', async () => {
    const other = await openConnection(params.admin, { role: 'another setup' });
    await acquireLock(other, lockName('setup', params.database));
    const { log, lines } = rememberingLog();
    const held = {
      code: 'SETUP_RUNNING',
      kind: 'environment',
      found: expect.stringMatching(`process ${process.pid} on .*another setup`),
    };
    await expect(setupDatabase({ ...params, log, lockWaitMs: 300 })).rejects.toMatchObject(held);
    expect(lines.filter(({ message }) => message === 'waiting for another setup')).toHaveLength(1);
    const stop = new AbortController();
    const onWaiting = { ...log, info: () => stop.abort() };
    const began = performance.now();
    await expect(
      setupDatabase({ ...params, admin: { ...params.admin, signal: stop.signal }, log: onWaiting }),
    ).rejects.toMatchObject(held);
    expect(performance.now() - began).toBeLessThan(10_000);
    await other.close();
  });

  it.each<[string, (given: SetupParams) => Partial<SetupParams>]>([
    ['one account for both', ({ updater, capture }) => ({ capture: { ...capture, user: updater.user } })],
    ['the admin as the capture', ({ admin, capture }) => ({ admin: { ...admin, user: capture.user } })],
    ['an account without a name', ({ updater }) => ({ updater: { ...updater, user: '' } })],
    ['an account without a password', ({ capture }) => ({ capture: { ...capture, password: '' } })],
  ])('refuses %s before it changes anything', async (_, wrong) => {
    const refused = setupDatabase({ ...params, ...wrong(params) });
    await expect(refused).rejects.toMatchObject({ code: 'MYSQL_ACCOUNTS_INVALID', kind: 'configuration' });
    expect(await root('SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [params.database])).toEqual([]);
  });

  it('says which right the admin lacks, one after the other', async () => {
    const poor = { user: testName('adm'), password: 'secret' };
    users.push(poor.user);
    await root(`CREATE USER ?@'%' IDENTIFIED BY 'secret'`, [poor.user]);
    const attempt = () => setupDatabase({ ...params, admin: { ...params.admin, ...poor } });
    const lacks = (right: string) => ({
      code: 'MYSQL_ADMIN_RIGHT_MISSING',
      kind: 'configuration',
      fix: expect.stringContaining(right),
    });
    await expect(attempt()).rejects.toMatchObject(lacks('CREATE on `'));
    await root(inDatabase(`GRANT CREATE ON DB.* TO ?@'%'`), [poor.user]);
    await expect(attempt()).rejects.toMatchObject(lacks('CREATE, ALTER, SELECT, INSERT, UPDATE and DELETE on'));
    await root(inDatabase(`GRANT SELECT, INSERT, UPDATE, DELETE, ALTER ON DB.* TO ?@'%'`), [poor.user]);
    await expect(attempt()).rejects.toMatchObject(lacks('CREATE USER'));
    await root(`GRANT CREATE USER ON *.* TO ?@'%'`, [poor.user]);
    await expect(attempt()).rejects.toMatchObject(lacks('WITH GRANT OPTION'));
    await root(inDatabase(`GRANT SELECT, INSERT, UPDATE, DELETE ON DB.products TO ?@'%' WITH GRANT OPTION`), [poor.user]);
    await expect(attempt()).rejects.toMatchObject(lacks('SELECT on performance_schema.* WITH GRANT OPTION'));
    for (const name of PERFORMANCE_SCHEMA_TABLES)
      await root(`GRANT SELECT ON performance_schema.${name} TO ?@'%' WITH GRANT OPTION`, [poor.user]);
    await attempt();
    await expectComplete();
  });

  it('refuses an account that the server takes for another, more exact one', async () => {
    await setupDatabase(params);
    const connection = await login(params.capture);
    const [session] = await connection.query<{ host: string }>("SELECT SUBSTRING_INDEX(USER(), '@', -1) AS host");
    await connection.close();
    const exact = [params.capture.user, session?.host];
    await root('CREATE USER ?@? IDENTIFIED BY ?', [...exact, params.capture.password]);
    try {
      await root(inDatabase('GRANT SELECT ON DB.products TO ?@?'), exact);
      const shadowed = {
        code: 'MYSQL_ACCOUNTS_INVALID',
        found: expect.stringContaining(`${params.capture.user}@${session?.host}`),
      };
      await expect(setupDatabase(params)).rejects.toMatchObject(shadowed);
    } finally {
      await root('DROP USER ?@?', exact);
    }
  });

  it('keeps passwords out of its errors', async () => {
    const account = { user: 'x'.repeat(200), password: 'hunter2' };
    const error: unknown = await setupDatabase({ ...params, capture: account }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'BridgeError' });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
  });

  it('refuses a directory of migrations that is not there, or older than the database', async () => {
    await expect(setupDatabase({ ...params, migrationsDirectory: '/no/such' })).rejects.toMatchObject({
      code: 'MIGRATIONS_MISSING',
      kind: 'configuration',
    });
    await setupDatabase(params);
    await root(inDatabase("INSERT INTO DB.knex_migrations (name, batch) VALUES ('29990101000000_future.mjs', 2)"));
    await expect(setupDatabase(params)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      kind: 'configuration',
      found: expect.stringMatching(/future/),
    });
  });

  it('says where when the server is away', async () => {
    const away = { ...params, admin: { ...params.admin, port: 1 } };
    await expect(setupDatabase(away)).rejects.toMatchObject({ code: 'MYSQL_UNAVAILABLE', kind: 'transient' });
  });
});
