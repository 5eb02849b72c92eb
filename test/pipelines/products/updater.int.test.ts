import { join } from 'node:path';
import { type Connection, openConnection } from '../../../src/adapters/mysql/connect.js';
import { applyChange } from '../../../src/pipelines/products/apply-change.js';
import type { Change } from '../../../src/pipelines/products/changes.js';
import { readSeedRows, type SeedRow } from '../../../src/pipelines/products/seed-rows.js';
import { type UpdaterParams, type UpdaterProgress, updateProducts } from '../../../src/pipelines/products/updater.js';
import { type TestDatabase, testDatabase } from '../../adapters/mysql/test-database.js';
import { loadMigration } from '../../support/load-migration.js';
import { rememberingLog, silentLog } from '../../support/silent-log.js';

const root = join(__dirname, '../../..');

jest.setTimeout(30_000);

describe('the updater', () => {
  let seedRows: readonly SeedRow[];
  let databases: TestDatabase[] = [];

  beforeAll(async () => {
    seedRows = await readSeedRows(join(root, 'db/seeds/products.json'));
  });
  afterEach(async () => {
    for (const database of databases) await database.drop();
    databases = [];
  });

  /** A database with an empty products table. */
  const shop = async () => {
    const database = await testDatabase();
    databases.push(database);
    const connect = () => openConnection(database.params, { role: 'updater' });
    const connection = await connect();
    const { up } = await loadMigration(join(root, 'db/migrations/20261121000000_products.mjs'));
    await up({ raw: (sql: string) => connection.query(sql) } as never);
    await connection.close();
    const table = `\`${database.params.database}\`.products`;
    const sql = <Row>(statement: string, values: readonly unknown[] = []) =>
      database.connection.query<Row>(statement.replace('products', table), values);
    const update = (params: Partial<UpdaterParams> = {}) =>
      updateProducts({ connect, seedRows, rate: 0, seed: 1, signal: new AbortController().signal, log: silentLog, ...params });
    return {
      database,
      connect,
      sql,
      update,
      all: () => sql<SeedRow>('SELECT id, name, category, price FROM products ORDER BY id'),
    };
  };

  it('inserts the seed rows, exactly as they stand in the file', async () => {
    const { update, all } = await shop();
    expect(await update({ once: true })).toEqual({ seeded: 50, changed: 0, rows: 0 });
    expect(await all()).toEqual(seedRows);
  });

  it('leaves seed rows that are there exactly as they are', async () => {
    const { update, sql } = await shop();
    await sql(
      "INSERT INTO products (id, name, category, price, last_updated) VALUES (7, 'mine', 'x', 1, '2020-01-01 00:00:00.000001')",
    );
    expect(await update({ once: true })).toMatchObject({ seeded: 49 });
    expect(await sql("SELECT * FROM products WHERE name = 'mine'")).toEqual([
      { id: 7, name: 'mine', category: 'x', price: '1.00', last_updated: '2020-01-01 00:00:00.000001' },
    ]);
    const before = await sql('SELECT * FROM products');
    // At a pace at which 50 rows would take most of a day: rows that are there take no time.
    expect(await update({ once: true, rate: 0.001 })).toEqual({ seeded: 0, changed: 0, rows: 0 });
    expect(await sql('SELECT * FROM products')).toEqual(before);
  });

  it('leaves a row alone that another updater inserts at the same moment', async () => {
    const { update, connect, all } = await shop();
    const blind = async (): Promise<Connection> => ({ ...(await connect()), query: () => Promise.resolve([]) });
    await update({ once: true });
    expect(await update({ once: true, connect: blind })).toMatchObject({ seeded: 0 });
    expect(await all()).toEqual(seedRows);
  });

  it('hides no other error', async () => {
    const { update, sql } = await shop();
    await sql('ALTER TABLE products ADD UNIQUE (name)');
    const [first] = seedRows;
    const twice = [...seedRows, { ...first, id: 51 } as SeedRow];
    await expect(update({ once: true, seedRows: twice })).rejects.toMatchObject({
      code: 'MYSQL_ERROR',
      found: expect.stringMatching(/Duplicate entry/),
    });
    const long = [{ id: 60, name: 'x'.repeat(101), category: 'c', price: '1.00' }];
    await expect(update({ once: true, seedRows: long })).rejects.toMatchObject({
      code: 'MYSQL_ERROR',
      found: expect.stringMatching(/too long/),
    });
    await sql('DROP TABLE products');
    await expect(update()).rejects.toMatchObject({ code: 'TABLE_MISSING', kind: 'configuration' });
  });

  it('makes as many changes as asked for, and says so as it goes', async () => {
    const { update, all } = await shop();
    const seen: UpdaterProgress[] = [];
    const progress = await update({ count: 100, onProgress: (now) => seen.push(now) });
    expect(progress).toEqual(seen.at(-1));
    expect(progress).toMatchObject({ seeded: 50, changed: 100 });
    expect(progress.rows).toBeGreaterThan(100);
    expect(seen).toHaveLength(150);
    const rows = await all();
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.slice(0, 50)).not.toEqual(seedRows);
    for (const { price } of rows) expect(price).toMatch(/^\d{1,8}\.\d{2}$/);
  });

  it('makes the same changes for the same seed', async () => {
    const [one, two, three] = [await shop(), await shop(), await shop()];
    await one.update({ count: 200, seed: 'x' });
    await two.update({ count: 200, seed: 'x' });
    await three.update({ count: 200, seed: 'y' });
    expect(await one.all()).toEqual(await two.all());
    expect(await one.all()).not.toEqual(await three.all());
  });

  it('does not matter when the price is the one that the row has already: no version, no count', async () => {
    const { update, sql, connect } = await shop();
    await update({ count: 30 });
    const before = await sql('SELECT id, last_updated FROM products ORDER BY id');
    const connection = await connect();
    const [row] = await connection.query<{ price: string }>('SELECT price FROM products WHERE id = 1');
    const same = { rows: [{ kind: 'price', row: 0, price: row?.price ?? '' }], atOnce: false } as const;
    expect(await applyChange(connection, new Map([[0, '1']]), same)).toBe(0);
    await connection.close();
    expect(await sql('SELECT id, last_updated FROM products ORDER BY id')).toEqual(before);
  });

  it('keeps to its pace', async () => {
    const { update } = await shop();
    const began = performance.now();
    await update({ once: true, rate: 100 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(485);
  });

  it('stops at once when the signal aborts, and says how far it came', async () => {
    const { update, all } = await shop();
    const stop = new AbortController();
    // The next row would be due after a quarter of an hour.
    const progress = await update({ rate: 0.001, signal: stop.signal, onProgress: () => stop.abort() });
    expect(progress).toEqual({ seeded: 1, changed: 0, rows: 0 });
    expect(await all()).toHaveLength(1);
  });

  it('goes on where it was when its connections are killed, and ends with the same rows', async () => {
    const [calm, stormy] = [await shop(), await shop()];
    const options = { count: 150, seed: 'storm' };
    await calm.update(options);
    const opened: number[] = [];
    const { connection: admin } = stormy.database;
    let done = 0;
    const connect = async () => {
      const connection = await stormy.connect();
      opened.push(connection.id);
      // Killed before a statement, never between a commit and its answer: then a new row would be there twice.
      const killAt = opened.length > 3 ? Number.POSITIVE_INFINITY : done + 40;
      const change: Connection['change'] = async (sql, params) => {
        if (done++ === killAt) await admin.query(`KILL ${connection.id}`);
        return connection.change(sql, params);
      };
      return { ...connection, change };
    };
    const { log, lines } = rememberingLog();
    expect(await stormy.update({ ...options, connect, log })).toMatchObject({ seeded: 50, changed: 150 });
    expect(opened).toHaveLength(4);
    const bare = (rows: readonly SeedRow[]) => rows.map(({ id: _, ...row }) => row);
    expect(bare(await stormy.all())).toEqual(bare(await calm.all()));
    expect(lines.some(({ message }) => message === 'waiting for a server')).toBe(true);
  });

  it('rolls a transaction over many rows back whole when its connection dies', async () => {
    const { update, sql, connect, database } = await shop();
    await update({ once: true });
    const rows = seedRows.slice(0, 20).map((_, row) => ({ kind: 'price', row, price: '1.23' }) as const);
    const change: Change = { rows, atOnce: false };
    const before = await sql('SELECT * FROM products ORDER BY id');
    const connection = await connect();
    let done = 0;
    const dying: Connection['change'] = async (statement, params) => {
      if (done++ === 8) await database.connection.query(`KILL ${connection.id}`);
      return connection.change(statement, params);
    };
    const ids = new Map(seedRows.map(({ id }, at) => [at, String(id)]));
    await expect(applyChange({ ...connection, change: dying }, ids, change)).rejects.toMatchObject({ kind: 'transient' });
    expect(done).toBe(9);
    while ((await sql('SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ?', [connection.id])).length > 0);
    expect(await sql('SELECT * FROM products ORDER BY id')).toEqual(before);
    const other = await connect();
    expect(await applyChange(other, ids, change)).toBe(20);
    await other.close();
  });

  it('waits for a lock of somebody else and tries again', async () => {
    const { update, connect } = await shop();
    await update({ once: true });
    const holder = await connect();
    await holder.query('START TRANSACTION');
    await holder.query('SELECT * FROM products FOR UPDATE');
    const impatient = async () => {
      const connection = await connect();
      await connection.query('SET SESSION innodb_lock_wait_timeout = 1');
      return connection;
    };
    const { log, lines } = rememberingLog();
    const warned = new Promise<void>((resolve) => {
      const warn: typeof log.warn = (facts: object | string, message?: string) => {
        lines.push({ level: 'warn', message: message ?? '', facts: { ...(facts as object) } });
        resolve();
      };
      void update({ count: 5, connect: impatient, log: { ...log, warn } }).then(
        (progress) => finished.push(progress),
        (error: unknown) => finished.push(error),
      );
    });
    const finished: unknown[] = [];
    await warned;
    expect(finished).toEqual([]);
    await holder.query('ROLLBACK');
    while (finished.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(finished).toEqual([expect.objectContaining({ changed: 5 })]);
    await holder.close();
  });

  it('gives up on a server that stays away, where it is told to', async () => {
    const { update, database } = await shop();
    const connect = () => openConnection({ ...database.params, port: 1 }, { role: 'updater' });
    await expect(update({ connect, forMs: 0 })).rejects.toMatchObject({ code: 'MYSQL_UNAVAILABLE', kind: 'environment' });
  });

  it.each([{ rate: -1 }, { rate: Number.NaN }, { rate: Number.POSITIVE_INFINITY }, { count: -1 }, { count: 1.5 }])(
    'refuses %j',
    async (option) => {
      const connect = () => Promise.reject(new Error('never'));
      const refused = updateProducts({ connect, seedRows, signal: new AbortController().signal, log: silentLog, ...option });
      await expect(refused).rejects.toMatchObject({ code: 'UPDATER_OPTION_INVALID', kind: 'configuration' });
    },
  );
});
