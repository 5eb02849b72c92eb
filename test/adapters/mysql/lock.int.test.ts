import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { type Connection, openConnection } from '../../../src/adapters/mysql/connect.js';
import { acquireFeedLock, acquireLock, type FeedLock, type HeldElsewhere, lockName } from '../../../src/adapters/mysql/lock.js';
import { type TestDatabase, testDatabase, testName } from './test-database.js';

const lockOf = (got: FeedLock | HeldElsewhere): FeedLock => {
  if ('heldBy' in got) throw new Error(`held by ${got.heldBy}`);
  return got;
};

describe('the lock of a feed', () => {
  const user = testName('u');
  const feed = 'products';
  let database: TestDatabase;
  let opened: Connection[] = [];

  beforeAll(async () => {
    database = await testDatabase();
    const { query } = database.connection;
    await query(`CREATE USER ?@'%' IDENTIFIED BY 'secret'`, [user]);
  });
  afterAll(() => database.drop(user));
  afterEach(async () => {
    for (const connection of opened) await connection.close();
    opened = [];
  });

  /** A connection of an account without a single right. */
  const connect = async (role = 'lock') => {
    const { host, port } = database.params;
    const connection = await openConnection({ host, port, user, password: 'secret' }, { role });
    opened.push(connection);
    return connection;
  };
  const acquire = (connection: Connection, of = feed, on = database.params.database) =>
    acquireFeedLock({ connection, database: on, feed: of });
  const gone = async (id: number) => {
    while ((await database.connection.query('SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ?', [id])).length > 0);
  };

  it('is one for a feed of a database', async () => {
    const first = await connect();
    expect(await lockOf(await acquire(first)).held()).toBe(true);
    expect(await acquire(await connect())).toHaveProperty('heldBy');
    expect(await acquire(await connect(), 'orders')).not.toHaveProperty('heldBy');
    expect(await acquire(await connect(), feed, 'another')).not.toHaveProperty('heldBy');
  });

  it('says at once which process has it, without any grant', async () => {
    const holder = await connect('lock products');
    lockOf(await acquire(holder));
    const began = performance.now();
    const heldBy = `process ${process.pid} on ${hostname().slice(0, 64)} (lock products, connection ${holder.id})`;
    expect(await acquire(await connect())).toEqual({ heldBy });
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('names the connection when another account has it', async () => {
    const { params, connection } = database;
    const other = await openConnection(params, { role: 'lock' });
    opened.push(other);
    lockOf(await acquire(other));
    expect(await acquire(await connect())).toEqual({ heldBy: `connection ${other.id}` });
    expect(await acquireFeedLock({ connection, database: params.database, feed })).toEqual({
      heldBy: expect.stringContaining(String(process.pid)),
    });
  });

  it('names the host when performance_schema tells nothing', async () => {
    const holder = await connect();
    lockOf(await acquire(holder));
    const asker = await connect();
    const query: Connection['query'] = (sql, params) =>
      sql.includes('session_account_connect_attrs') ? Promise.resolve([]) : asker.query(sql, params);
    expect(await acquire({ ...asker, query })).toEqual({
      heldBy: expect.stringMatching(new RegExp(`^connection ${holder.id} from \\S+$`)),
    });
  });

  it('is free again when it is released', async () => {
    const lock = lockOf(await acquire(await connect()));
    await lock.release();
    expect(await lock.held()).toBe(false);
    expect(await lockOf(await acquire(await connect())).held()).toBe(true);
  });

  it('dies with its connection, and says so', async () => {
    const holder = await connect();
    const lock = lockOf(await acquire(holder));
    await database.connection.query(`KILL ${holder.id}`);
    await gone(holder.id);
    expect(await lock.held()).toBe(false);
    const heir = lockOf(await acquire(await connect()));
    expect(await heir.held()).toBe(true);
    expect(await lock.held()).toBe(false);
    await lock.release();
    expect(await heir.held()).toBe(true);
  });

  it('dies with its process', async () => {
    const { host, port, database: name } = database.params;
    const script = `
      const { createConnection } = require('mysql2');
      const connection = createConnection(${JSON.stringify({ host, port, user, password: 'secret' })});
      connection.query('SELECT GET_LOCK(?, 0) AS got', [${JSON.stringify(lockName('feed', name, feed))}], (error, rows) => console.log(connection.threadId));`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const asker = await connect();
    expect(await acquire(asker)).toHaveProperty('heldBy');
    child.kill('SIGKILL');
    await gone(Number(line));
    expect(await lockOf(await acquire(asker)).held()).toBe(true);
  });

  it('shows the server signs of life, and stops when it is released', async () => {
    const connection = await connect();
    let asked = 0;
    const query: Connection['query'] = (sql, params) => {
      if (sql.includes('IS_USED_LOCK')) asked += 1;
      return connection.query(sql, params);
    };
    const lock = lockOf(
      await acquireLock({ ...connection, query }, lockName('test', database.params.database), { signOfLifeMs: 5 }),
    );
    while (asked < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await lock.release();
    const before = asked;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBe(before);
  });

  it('is lost within seconds when the machine that holds it vanishes', async () => {
    const connection = await connect();
    lockOf(await acquire(connection));
    const [session] = await connection.query<{ timeout: unknown }>('SELECT @@SESSION.wait_timeout AS timeout');
    expect(Number(session?.timeout)).toBe(8);
  });

  it('has a name that servers allow, whatever the feed is called', async () => {
    expect(lockName('feed', 'd'.repeat(64), 'f'.repeat(200))).toMatch(/^rowbridge:[0-9a-f]{40}$/);
    expect(lockName('feed', 'a', 'bc')).not.toBe(lockName('feed', 'ab', 'c'));
    expect(await lockOf(await acquire(await connect(), 'f'.repeat(200))).held()).toBe(true);
  });
});
