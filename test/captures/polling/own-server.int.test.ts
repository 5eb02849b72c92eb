import { type Connection, openConnection } from '../../../src/adapters/mysql/connect.js';
import { pollingCapture } from '../../../src/captures/polling/index.js';
import { runFeed } from '../../../src/core/feed.js';
import type { Row } from '../../../src/core/pipeline.js';
import { type CaptureWorld, captureWorld } from '../../support/capture-world.js';
import { expectHeld, pause, stampOf } from '../../support/holding.js';
import { memoryBroker } from '../../support/memory-broker.js';
import { memoryPositions, memoryTableFeed } from '../../support/memory-feed.js';
import { type OwnServer, ownServer } from '../../support/own-server.js';
import { silentLog } from '../../support/silent-log.js';

const INSERT = "INSERT INTO products (name, category, price) VALUES (?, 'cat_1', '1.00')";

describe('a capture of a server that is restarted, or whose clock is set back', () => {
  let server: OwnServer;
  let world: CaptureWorld;
  let admin: Connection;

  beforeAll(async () => {
    server = await ownServer();
    world = await captureWorld('own', server.address());
    admin = await world.admin();
  }, 180_000);
  afterAll(async () => {
    await world?.close();
    await server?.close();
  }, 60_000);

  /** Captures for a while and gives how often each version was handed on, as `name@timestamp`. */
  const capturing = (everyMs: number, delayed: boolean) => {
    const stop = new AbortController();
    const seen = new Map<string, number>();
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (facts: object | string, text?: string) => void warnings.push(text ?? String(facts)) };
    const changes = { everyMs, log, ...(delayed ? { delayMs: 1_000 } : {}) };
    const done = (async () => {
      const source = pollingCapture(world.options(changes));
      for await (const { values } of source.read({ after: null, signal: stop.signal }))
        for (const { name, last_updated } of values)
          seen.set(`${name}@${last_updated}`, (seen.get(`${name}@${last_updated}`) ?? 0) + 1);
    })();
    const end = async () => {
      stop.abort();
      await done;
    };
    return { seen, warnings, end };
  };

  const whenClockMoves = (name: string, body: () => Promise<void>) =>
    it(`${name} (needs a C compiler: the clock is moved inside the server)`, async () => {
      if (!server.clockMoves) return expect(server.clockMoves).toBe(false);
      try {
        await body();
      } finally {
        server.moveClock(0);
      }
    }, 60_000);

  whenClockMoves("the server's own timers move with its clock, so that they can tell nothing of a step", async () => {
    const timer = async (): Promise<number> => {
      const [row] = await admin.query<{
        at: string;
      }>(`SELECT TIMER_START / 1000000000 at FROM performance_schema.events_statements_current
        WHERE END_EVENT_ID IS NULL AND THREAD_ID = (SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID = CONNECTION_ID())`);
      return Number(row?.at);
    };
    const before = await timer();
    server.moveClock(100_000);
    expect((await timer()) - before).toBeGreaterThanOrEqual(100_000);
  });

  whenClockMoves('finds what is written after a step back that is smaller than the time between two polls', async () => {
    const capture = capturing(1_000, false);
    await pause(2_500);
    for (let step = 1; step <= 4; step++) {
      await admin.change(INSERT, [`before step ${step}`]);
      await pause(330);
      server.moveClock(-250 * step);
      await admin.change(INSERT, [`after step ${step}`]);
      await pause(700);
    }
    await pause(3_000);
    await capture.end();
    const rows = await admin.query<{ name: string; last_updated: string }>(
      "SELECT name, last_updated FROM products WHERE name LIKE '%step%'",
    );
    expect(rows).toHaveLength(8);
    expect(rows.map(({ name, last_updated }) => [name, capture.seen.get(`${name}@${last_updated}`)])).toEqual(
      rows.map(({ name }) => [name, 1]),
    );
    expect(capture.warnings).toContain('the clock of the database went back');
  });

  whenClockMoves('finds what is written after a step back of 20 s, and repeats nothing', async () => {
    const capture = capturing(50, false);
    await admin.change(INSERT, ['before the leap']);
    await pause(1_500);
    server.moveClock(-20_000);
    await admin.change(INSERT, ['after the leap']);
    await pause(1_500);
    await capture.end();
    for (const name of ['before the leap', 'after the leap'])
      expect([name, capture.seen.get(`${name}@${await stampOf(admin, name)}`)]).toEqual([name, 1]);
  });

  whenClockMoves('finds what is stamped anew while nobody reads, and sends nothing twice', async () => {
    const broker = memoryBroker(3);
    const positions = memoryPositions();
    const running = async (forMs: number): Promise<void> => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), forMs);
      const source = pollingCapture(world.options({ everyMs: 50 }));
      await runFeed(memoryTableFeed({ source, broker, partitions: 3, positions, signal: stop.signal }));
    };
    await admin.change(INSERT, ['before the stop']);
    await running(3_000);
    server.moveClock(-4_000);
    await pause(300);
    await admin.change(INSERT, ['stamped anew']);
    // The second time the clock has passed the position again.
    await running(3_000);
    server.moveClock(-8_000);
    await pause(300);
    await admin.change(INSERT, ['stamped anew, and again']);
    await pause(4_000);
    await running(6_000);
    const sent = broker.all('products').map(({ value }) => JSON.parse(String(value)) as Row);
    const rows = await admin.query<Row>('SELECT id, last_updated FROM products');
    const versions = (found: readonly Row[]) => found.map(({ id, last_updated }) => `${id}@${last_updated}`).sort();
    expect(versions(sent)).toEqual(versions(rows));
  });

  it('a prepared XA transaction holds the horizon after a restart of the server', async () => {
    const session = await world.admin();
    await session.query("XA START 'over the restart'");
    await session.change(INSERT, ['over the restart']);
    await session.query("XA END 'over the restart'");
    await session.query("XA PREPARE 'over the restart'");
    await world.close();
    await server.restart();
    const { host, port, adminUser: user, adminPassword: password } = server.address();
    const connect = () => openConnection({ host, port, user, password, database: world.database }, { role: 'test' });
    const [looker, other] = [await connect(), await connect()];
    try {
      const frontier = await world.frontier(looker);
      expect(frontier.guarantee().level).toBe('proven');
      await expectHeld(frontier, other, 'over the restart', () => other.query("XA COMMIT 'over the restart'"));
    } finally {
      await looker.close();
      await other.close();
    }
  }, 90_000);
});
