import { type Connection, openConnection } from '../../../src/adapters/mysql/connect.js';
import {
  acquireFeedLock,
  acquireLock,
  feedLockName,
  feedLockRole,
  isHeldElsewhere,
  lockName,
} from '../../../src/adapters/mysql/lock.js';
import { contendersOf } from '../../../src/adapters/mysql/lock-holder.js';
import { takeSeat } from '../../../src/adapters/mysql/members.js';
import { type TestDatabase, testDatabase } from './test-database.js';

let database: TestDatabase;
let opened: Connection[] = [];
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());
afterEach(async () => {
  for (const connection of opened) await connection.close();
  opened = [];
});

const connect = async (role = 'member') => {
  const connection = await openConnection(database.params, { role });
  opened.push(connection);
  return connection;
};
const seat = async (connection: Connection, kind = 'pipeline') => {
  const membership = await takeSeat(connection, database.params.database, kind);
  if (membership === undefined) throw new Error('no seat');
  return membership;
};
const gone = async (id: number) => {
  while ((await database.connection.query('SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ?', [id])).length > 0);
};

describe('members', () => {
  it('know how many they are and which of them they are, while others come and go', async () => {
    const connections = [await connect(), await connect(), await connect()] as const;
    const [first, second] = [await seat(connections[0]), await seat(connections[1])];
    expect([await first.standing(), await second.standing()]).toEqual([
      { members: 2, rank: 0 },
      { members: 2, rank: 1 },
    ]);
    const third = await seat(connections[2]);
    await database.connection.query(`KILL ${connections[0].id}`);
    await gone(connections[0].id);
    expect([await first.standing(), await second.standing(), await third.standing()]).toEqual([
      undefined,
      { members: 2, rank: 0 },
      { members: 2, rank: 1 },
    ]);
    expect(await (await seat(await connect())).standing()).toEqual({ members: 3, rank: 0 });
    expect(await third.standing()).toEqual({ members: 3, rank: 2 });
  });

  it('of other pipelines are others', async () => {
    await seat(await connect());
    expect(await (await seat(await connect(), 'another')).standing()).toEqual({ members: 1, rank: 0 });
  });
});

describe('a lock', () => {
  it('is sure for as long as the server has heard from its holder, and no longer', async () => {
    let clock = 0;
    const lock = await acquireLock(await connect(), lockName('sure', database.params.database), {
      signOfLifeMs: 60_000,
      now: () => clock,
    });
    if (isHeldElsewhere(lock)) throw new Error('held');
    expect(lock.sure()).toBe(true);
    clock = 6_900;
    expect(lock.sure()).toBe(true);
    clock = 7_000;
    expect(lock.sure()).toBe(false);
    expect(await lock.held()).toBe(true);
    expect(lock.sure()).toBe(true);
    await lock.release();
    expect(lock.sure()).toBe(false);
  });

  it('is not sure once its connection has ended, also before anybody asked', async () => {
    const connection = await connect();
    const lock = await acquireLock(connection, lockName('ended', database.params.database), { signOfLifeMs: 60_000 });
    if (isHeldElsewhere(lock)) throw new Error('held');
    await database.connection.query(`KILL ${connection.id}`);
    while (connection.isOpen()) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(lock.sure()).toBe(false);
  });

  it('of a feed tells who has it and who waits for it', async () => {
    const name = database.params.database;
    const role = feedLockRole(name, 'f');
    const asker = await connect('status');
    const ask = () => contendersOf(asker, feedLockName(name, 'f'), role);
    expect(await ask()).toEqual({ active: null, standby: [] });
    const [holder, waiting] = [await connect(role), await connect(role)];
    await acquireFeedLock({ connection: holder, database: name, feed: 'f' });
    await connect(feedLockRole(name, 'g'));
    expect(await ask()).toEqual({
      active: expect.stringMatching(`connection ${holder.id}`),
      standby: [expect.stringMatching(`connection ${waiting.id}`)],
    });
  });
});
