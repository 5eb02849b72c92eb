import { readFile, writeFile } from 'node:fs/promises';
import { openConnection } from '../../src/adapters/mysql/connect.js';
import { type FaultWorld, faultWorld } from '../support/fault-world.js';
import { type OwnServers, ownServers } from '../support/own-servers.js';
import { eventually } from '../support/program.js';

let own: OwnServers;
let world: FaultWorld;
beforeAll(async () => {
  own = await ownServers();
  world = await faultWorld('mysql', own.servers);
}, 180_000);
afterEach(async () => {
  own.heal();
  await world.calm();
});
afterAll(async () => {
  await world?.close();
  await own?.close();
}, 60_000);

const insertMany = (name: string, rows: number) =>
  world.sql(
    `INSERT INTO products (name, category, price) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
     SELECT CONCAT(?, a.i, ' ', b.i), 'cat_2', 1.05 FROM n a JOIN n b WHERE b.i <= ?`,
    [`${name} `, rows / 1000],
  );

describe('fault 3: MySQL is restarted between two pages of one poll', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    '%s: reconnects and reads on; no gap, nothing twice',
    async (signal) => {
      const before = (await world.verdict()).records;
      await insertMany(`restart ${signal}`, 4_000);
      // Pages that come slowly, so that there is a time between two of them.
      own.mysql.proxy.trouble({ latencyMs: 40 });
      const producer = world.produce({ PAGE_ROWS: '100' });
      const some = await eventually('some of the pages', 60_000, async () => {
        const { records } = await world.verdict();
        return records > before ? records : undefined;
      });
      await own.mysql.kill(signal);
      expect(some).toBeLessThan(before + 4_000);
      own.mysql.proxy.heal();
      await own.mysql.start();
      const worker = await world.consume('consumer_1');
      const verdict = await world.finish([producer, worker], 60_000);
      expect(verdict.records).toBe(before + 4_000);
      expect(producer.stderr()).toMatch(/MYSQL_UNAVAILABLE/);
    },
    150_000,
  );
});

describe('fault 4: MySQL fails over to a server whose clock is behind the position', () => {
  it('stops with both values, the state is left as it is; nothing is skipped once the clock is there', async () => {
    const producer = world.produce();
    await producer.said('"msg":"guarantee"');
    expect(await producer.stop()).toBe(0);
    const whole = await readFile(world.stateFile, 'utf8');
    // To the program a clock that is a minute behind looks like a position that is a minute ahead.
    const content = JSON.parse(whole);
    const [{ ahead } = {}] = await world.sql('SELECT CAST(NOW(6) + INTERVAL 1 MINUTE AS CHAR) ahead');
    const position = String(ahead);
    const moved = { ...content._rowbridge, position: { timestamp: position } };
    const text = JSON.stringify({ last_read_timestamp: position, _rowbridge: moved });
    await writeFile(world.stateFile, text);
    const refused = world.produce();
    expect({ end: await world.refusal(refused), stderr: refused.stderr() }).toEqual({
      end: 2,
      stderr: expect.stringMatching(/POSITION_IN_FUTURE.*read on from 20\d\d-.*the database's clock is at 20\d\d-/),
    });
    expect(JSON.parse(await readFile(world.stateFile, 'utf8')).last_read_timestamp).toBe(position);
    await writeFile(world.stateFile, whole);
    const load = world.load();
    await load.more(100);
    await world.finish([world.produce(), await world.consume('consumer_1')], 60_000);
  }, 90_000);
});

describe('fault 19: a transaction commits 30 s after its statement', () => {
  it('is captured, with others going on; the feed waits for it and says for whom', async () => {
    const producer = world.produce();
    const worker = await world.consume('consumer_1');
    await producer.said('"guarantee":"proven"');
    const slow = await openConnection(world.account, { role: 'slow' });
    await slow.query('BEGIN');
    const { insertId } = await slow.change("INSERT INTO products (name, category, price) VALUES ('thirty', 'cat_1', 1)");
    const [{ stamp } = {}] = await slow.query<{ stamp: string }>(
      'SELECT CAST(last_updated AS CHAR) stamp FROM products WHERE id = ?',
      [insertId],
    );
    const load = world.load({ slowOneIn: 1_000_000 });
    const held = (await world.verdict()).records;
    const [{ thread } = {}] = await slow.query<{ thread: number }>(
      'SELECT THREAD_ID thread FROM performance_schema.threads WHERE PROCESSLIST_ID = CONNECTION_ID()',
    );
    await producer.said('rows wait for an open transaction', 30_000);
    expect(producer.stderr()).toMatch(new RegExp(`"by":\\["transaction of thread ${thread}"`));
    await new Promise((resolve) => setTimeout(resolve, 22_000));
    await load.more(100);
    const meanwhile = (await world.verdict()).records - held;
    await slow.query('COMMIT');
    await slow.close();
    const verdict = await world.finish([producer, worker], 40_000);
    expect(verdict.lost).toEqual([]);
    // Later rows waited as well: their time is above the horizon.
    expect(meanwhile).toBeLessThan(50);
    expect(String(stamp)).toMatch(/^20/);
  }, 150_000);
});

describe('fault 20: one timestamp for 50,000 rows, and updates that change nothing', () => {
  it('none is lost in pages of 500; a no-op update makes no event', async () => {
    const before = (await world.verdict()).records;
    await insertMany('same', 50_000);
    const [{ stamps, n } = {}] = await world.sql(
      "SELECT COUNT(DISTINCT last_updated) stamps, COUNT(*) n FROM products WHERE name LIKE 'same %'",
    );
    expect({ stamps: Number(stamps), n: Number(n) }).toEqual({ stamps: 1, n: 50_000 });
    const programs = [world.produce({ PAGE_ROWS: '500' }), await world.consume('consumer_1'), await world.consume('consumer_2')];
    await world.settled(90_000);
    await world.sql("UPDATE products SET category = category WHERE name LIKE 'same %'");
    await world.sql("UPDATE products SET name = 'changed once' WHERE name = 'same 1 1'");
    const verdict = await world.finish(programs, 60_000);
    expect(verdict.records).toBe(before + 50_001);
  }, 240_000);
});
