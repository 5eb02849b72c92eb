import type { Connection } from '../../../src/adapters/mysql/connect.js';
import { pollingCapture } from '../../../src/captures/polling/index.js';
import { runFeed } from '../../../src/core/feed.js';
import type { Guarantee } from '../../../src/core/guarantee.js';
import { type CaptureWorld, captureWorld } from '../../support/capture-world.js';
import { pause } from '../../support/holding.js';
import { memoryBroker } from '../../support/memory-broker.js';
import { memoryPositions, memoryTableFeed } from '../../support/memory-feed.js';

const INSERT = "INSERT INTO products (name, category, price) VALUES (?, 'cat_1', '1.00')";
const SWITCH = "UPDATE performance_schema.setup_instruments SET ENABLED = ? WHERE NAME = 'transaction'";
const DELAY_MS = 300;
const RECHECK_MS = 500;

/** A feed that can be stopped and started; `published` counts by name. */
const feedOf = (world: CaptureWorld) => {
  const broker = memoryBroker(3);
  const positions = memoryPositions();
  const guarantees: Guarantee[] = [];
  const start = () => {
    const stop = new AbortController();
    const onGuarantee = (one: Guarantee) => void guarantees.push(one);
    const source = pollingCapture(world.options({ delayMs: DELAY_MS, recheckMs: RECHECK_MS, pageRows: 5_000, onGuarantee }));
    const running = runFeed(memoryTableFeed({ source, broker, partitions: 3, positions, signal: stop.signal }));
    running.catch(() => {});
    return async () => {
      stop.abort();
      await running;
    };
  };
  const published = (name: string): number =>
    broker.all('products').filter(({ value }) => String(value).includes(`"name":"${name}"`)).length;
  return {
    start,
    published,
    positions,
    level: () => guarantees.at(-1)?.level,
    levels: () => guarantees.map(({ level }) => level),
    size: () => broker.all('products').length,
  };
};

const until = async (what: string, reached: () => Promise<boolean> | boolean, tries = 200): Promise<void> => {
  for (let n = 0; n < tries; n++) {
    if (await reached()) return;
    await pause(200);
  }
  throw new Error(`waited in vain: ${what}`);
};

describe('rows in doubt, on a real server', () => {
  let world: CaptureWorld;
  let admin: Connection;

  beforeEach(async () => {
    world = await captureWorld('doubt');
    admin = await world.admin();
  }, 180_000);
  afterEach(async () => {
    await admin.query(SWITCH, ['YES']);
    await world.close();
  });

  it('stay in doubt over a restart while performance_schema is switched off, and are read again when it is on', async () => {
    const feed = feedOf(world);
    const [late, other] = [await world.writer(), await world.writer()];
    let stop = feed.start();
    await until('proven', () => feed.level() === 'proven');
    await other.change(INSERT, ['first']);
    await until('the first row', () => feed.published('first') === 1);
    await admin.query(SWITCH, ['NO']);
    await late.query('BEGIN');
    await late.change(INSERT, ['late']);
    await until('delayed', () => feed.level() === 'delayed');
    await other.change(INSERT, ['second']);
    await until('the second row', () => feed.published('second') === 1);
    await stop();
    expect(feed.positions.state()?.doubtFrom).toBeDefined();
    stop = feed.start();
    await other.change(INSERT, ['third']);
    await until('the third row', () => feed.published('third') === 1);
    // The overlap has passed the row that is still uncommitted.
    await pause(4 * DELAY_MS);
    await other.change(INSERT, ['fourth']);
    await until('the fourth row', () => feed.published('fourth') === 1);
    await late.query('COMMIT');
    await pause(4 * DELAY_MS);
    expect(feed.published('late')).toBe(0);
    await admin.query(SWITCH, ['YES']);
    await until('proven again', async () => {
      for (const session of [admin, late, other]) await session.query('SELECT COUNT(*) FROM products');
      return feed.level() === 'proven' && feed.published('late') > 0;
    });
    for (const name of ['first', 'second', 'third', 'fourth', 'late']) expect([name, feed.published(name)]).toEqual([name, 1]);
    expect(feed.size()).toBe(55);
    await until('no doubt in the state', async () => {
      await other.change(INSERT, ['more']);
      return feed.positions.state()?.doubtFrom === undefined;
    });
    await stop();
  }, 120_000);

  it('are read again once, though they are more than are remembered', async () => {
    await admin.query('CREATE TABLE fifty AS SELECT id FROM products LIMIT 50');
    const feed = feedOf(world);
    const [late, other] = [await world.writer(), await world.writer()];
    const stop = feed.start();
    await until('proven', () => feed.level() === 'proven');
    await admin.query(SWITCH, ['NO']);
    await late.query('BEGIN');
    await late.change(INSERT, ['late']);
    await until('delayed', () => feed.level() === 'delayed');
    const many = `INSERT INTO products (name, category, price)
      SELECT 'many', 'cat_1', 1 FROM fifty a JOIN fifty b JOIN fifty c WHERE c.id <= 42`;
    for (let n = 0; n < 3; n++) await admin.change(many);
    await until('all rows', () => feed.size() === 50 + 3 * 105_000);
    await late.query('COMMIT');
    await admin.query(SWITCH, ['YES']);
    const before = feed.levels().length;
    await until('proven again', async () => {
      for (const session of [admin, late, other]) await session.query('SELECT 1 FROM products LIMIT 1');
      return feed.level() === 'proven' && feed.published('late') > 0;
    });
    // The pass that reads them again trusts the one before: else it would wait for those sessions anew, and then read all again, for ever.
    await until('the pass that reads them again', () => feed.levels().slice(before).join(' ') === 'delayed proven proven');
    await pause(4 * RECHECK_MS);
    await stop();
    expect(feed.published('late')).toBe(1);
    expect(feed.size()).toBe(50 + 3 * 105_000 + 1);
    expect(feed.levels().slice(before)).toEqual(['delayed', 'proven', 'proven']);
  }, 180_000);
});
