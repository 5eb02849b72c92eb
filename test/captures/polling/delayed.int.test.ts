import { openConnection } from '../../../src/adapters/mysql/connect.js';
import { pollingCapture } from '../../../src/captures/polling/index.js';
import { runFeed } from '../../../src/core/feed.js';
import type { Guarantee } from '../../../src/core/guarantee.js';
import type { Row } from '../../../src/core/pipeline.js';
import { type CaptureWorld, captureWorld } from '../../support/capture-world.js';
import { pause } from '../../support/holding.js';
import { memoryBroker } from '../../support/memory-broker.js';
import { memoryPositions, memoryTableFeed } from '../../support/memory-feed.js';

const INSERT = "INSERT INTO products (name, category, price) VALUES (?, 'cat_1', '1.00')";
const DELAY_MS = 2_000;

describe('a feed that may only read its table', () => {
  let world: CaptureWorld;

  beforeAll(async () => {
    world = await captureWorld('delayed');
    const admin = await world.admin();
    await admin.query("CREATE USER 'reads_only'@'%' IDENTIFIED BY 'reads-only-1'");
    await admin.query("GRANT SELECT ON products TO 'reads_only'@'%'");
  }, 180_000);
  afterAll(async () => {
    await (await world.admin()).query("DROP USER 'reads_only'@'%'");
    await world.close();
  });

  it('publishes a row that was committed while it was stopped behind its position, and repeats nothing', async () => {
    const broker = memoryBroker(3);
    const positions = memoryPositions();
    const guarantees: Guarantee[] = [];
    const { host, port } = world.server;
    const account = { host, port, user: 'reads_only', password: 'reads-only-1', database: world.database };
    const names = () => broker.all('products').map(({ value }) => String((JSON.parse(String(value)) as Row).name));
    const runUntil = async (reached: () => boolean): Promise<void> => {
      const stop = new AbortController();
      const source = pollingCapture(
        world.options({
          connect: () => openConnection(account, { role: 'capture' }),
          delayMs: DELAY_MS,
          onGuarantee: (one) => guarantees.push(one),
        }),
      );
      const running = runFeed(memoryTableFeed({ source, broker, partitions: 3, positions, signal: stop.signal }));
      for (let waited = 0; waited < 200 && !reached(); waited++) await pause(50);
      stop.abort();
      await running;
      expect(reached()).toBe(true);
    };
    const [late, other] = [await world.writer(), await world.writer()];
    await late.query('BEGIN');
    await late.change(INSERT, ['late']);
    for (let n = 0; n < 20; n++) await other.change(INSERT, [`early ${n}`]);
    await runUntil(() => names().includes('early 19'));
    expect(names()).not.toContain('late');
    await late.query('COMMIT');
    await other.change(INSERT, ['after']);
    await runUntil(() => names().includes('after'));
    expect(guarantees.map(({ level }) => level)).toEqual(['delayed', 'delayed']);
    expect(names().filter((name) => name === 'late')).toHaveLength(1);
    expect(names().filter((name, index, all) => all.indexOf(name) !== index)).toEqual([]);
  }, 60_000);
});
