import { readFile, unlink, writeFile } from 'node:fs/promises';
import { decimalOf, decimalText, lessPercent } from '../../../src/core/decimal.js';
import { readSeedRows, SEED_FILE } from '../../../src/pipelines/products/seed-rows.js';
import { clean, readLogs } from '../../support/oracle.js';
import { eventually, type Program } from '../../support/program.js';
import { freshWorld, type World } from '../../support/world.js';

const INSTANCES = [1, 2, 3, 4, 5].map((n) => `consumer_${n}`);

let world: World;
beforeEach(async () => {
  world = await freshWorld('products');
}, 120_000);
afterEach(async () => world.close());

const startWorkers = async (): Promise<Program[]> => {
  const workers = INSTANCES.map((instance) => world.run(['consume', 'products', '--instance', instance]));
  await Promise.all(workers.map((worker) => worker.said('partitions assigned')));
  return workers;
};

const stopAll = async (programs: readonly Program[]): Promise<void> => {
  const codes = await Promise.all(programs.map((program) => program.stop()));
  expect(codes).toEqual(programs.map(() => 0));
};

/** Runs everything until it has arrived. */
const catchUp = async () => {
  const { code, stderr } = await world.call(['up', '--once']);
  expect(stderr.includes('UNEXPECTED') ? stderr : code).toBe(0);
};

describe('products, end to end', () => {
  it('brings all 50 rows into five logs, every field as it should be', async () => {
    const logs = readLogs(world.logs);
    expect([...logs.keys()].sort()).toEqual(INSTANCES);
    const lines = [...logs.values()].flat();
    expect(lines).toHaveLength(50);
    const stamps = new Map(
      (await world.sql('SELECT id, last_updated FROM products')).map((row) => [Number(row.id), String(row.last_updated)]),
    );
    for (const { id, name, category, price } of await readSeedRows(SEED_FILE)) {
      const line = lines.find((one) => one.id === id);
      const discounted = category === 'cat_5' ? decimalText(lessPercent(decimalOf(price), 20)) : price;
      const { topic, partition, offset, timestamp } = line?._kafka ?? {};
      const at = String(stamps.get(id)).replace(' ', 'T');
      expect(line?.text).toBe(
        `{"id":${id},"name":${JSON.stringify(name)},"category":"${category.toUpperCase()}","price":${price},"discount_price":${discounted},` +
          `"last_updated":"${at}Z","_kafka":{"topic":"${topic}","partition":${partition},"offset":${offset},"timestamp":${timestamp}}}`,
      );
    }
    for (const log of logs.values()) expect(new Set(log.map(({ _kafka }) => _kafka.partition)).size).toBeLessThanOrEqual(2);
    expect(await world.verdict()).toMatchObject({ ...clean, rows: 50, records: 50, lines: 50 });
    await catchUp();
    expect(await world.verdict()).toMatchObject({ ...clean, rows: 50, records: 50, lines: 50 });
  }, 120_000);

  it('gives each of five workers exactly two partitions, and moves them when one leaves', async () => {
    const workers = await startWorkers();
    const partitionsOf = async (): Promise<number[][]> => {
      const { stdout } = await world.call(['status', '--json']);
      const { workers: found } = JSON.parse(stdout) as { workers: { running: boolean; partitions: { partition: number }[] }[] };
      return found.filter(({ running }) => running).map(({ partitions }) => partitions.map(({ partition }) => partition));
    };
    await eventually('two partitions each', 40_000, async () => {
      const found = await partitionsOf();
      return found.length === 5 && found.every(({ length }) => length === 2) ? found : undefined;
    });
    const last = workers.pop() as Program;
    expect(await last.stop()).toBe(0);
    const four = await eventually('ten partitions over four', 40_000, async () => {
      const found = await partitionsOf();
      return found.length === 4 && found.flat().length === 10 ? found : undefined;
    });
    expect(new Set(four.flat()).size).toBe(10);
    await stopAll(workers);
  }, 150_000);

  // The fault suite kills it at every other point too.
  it('producer killed between acknowledgement and save: nothing lost, nothing twice', async () => {
    await world.call(['update', 'products', '--rate', '0', '--count', '300', '--seed', 'killed']);
    const producer = world.run(['produce', 'products'], { ROWBRIDGE_TEST_KILL_AT: 'after-ack:2', PAGE_ROWS: '40' });
    expect(await producer.ended()).toBe('SIGKILL');
    await catchUp();
    const verdict = await world.verdict();
    expect(verdict).toMatchObject(clean);
    expect(verdict.records).toBeGreaterThan(100);
  }, 150_000);

  it.each(['before-write', 'after-write', 'after-commit'])(
    'worker killed %s: every record once in all logs',
    async (marker) => {
      await world.call(['update', 'products', '--rate', '0', '--count', '300', '--seed', marker]);
      const producer = world.run(['produce', 'products']);
      const victim = world.run(['consume', 'products', '--instance', 'consumer_1'], { ROWBRIDGE_TEST_KILL_AT: `${marker}:2` });
      expect(await victim.ended()).toBe('SIGKILL');
      // Another takes its partitions over first, then it comes back.
      const heir = world.run(['consume', 'products', '--instance', 'consumer_2']);
      await heir.said('partitions assigned');
      await stopAll([heir, producer]);
      await catchUp();
      expect(await world.verdict()).toMatchObject(clean);
    },
    150_000,
  );

  it('replays 50 rows in each of the four forms, stopped', async () => {
    const replayed = async (records: number) => {
      await catchUp();
      expect((await world.verdict(new Map())).records).toBe(records);
      expect(await world.verdict()).toMatchObject({ ...clean, repeated: expect.any(Array), records, lines: records });
    };
    const edit = async (timestamp: string | null) => {
      const content = JSON.parse(await readFile(world.stateFile, 'utf8'));
      await writeFile(world.stateFile, JSON.stringify({ ...content, last_read_timestamp: timestamp }));
    };
    await edit(null);
    await replayed(100);
    const [{ at } = {}] = await world.sql('SELECT last_updated at FROM products ORDER BY last_updated, id LIMIT 40, 1');
    const [{ n } = {}] = await world.sql('SELECT COUNT(*) n FROM products WHERE last_updated >= ?', [at]);
    await edit(String(at).replace(' ', 'T'));
    await replayed(100 + Number(n));
    await unlink(world.stateFile);
    await replayed(150 + Number(n));
    const { code, stdout } = await world.call(['replay', 'products', '--from', String(at), '--yes']);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(`${n} rows`) });
    await replayed(150 + 2 * Number(n));
  }, 240_000);

  it('replays while running: by an edit and by the command', async () => {
    const workers = await startWorkers();
    const producer = world.run(['produce', 'products']);
    await producer.said('guarantee');
    const content = JSON.parse(await readFile(world.stateFile, 'utf8'));
    await writeFile(world.stateFile, JSON.stringify({ ...content, last_read_timestamp: null }));
    await world.lines(100);
    expect((await world.call(['replay', 'products', '--dry-run'])).stdout).toContain('50 rows');
    expect((await world.call(['replay', 'products', '--yes'])).code).toBe(0);
    await world.lines(150);
    await stopAll([producer, ...workers]);
    expect(await world.verdict()).toMatchObject({
      lost: [],
      missing: [],
      duplicates: [],
      divergent: [],
      disordered: [],
      records: 150,
      lines: 150,
    });
  }, 180_000);

  it('loses none of 20,000 rows with one timestamp, in pages of 500', async () => {
    await world.sql(
      `INSERT INTO products (name, category, price) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
       SELECT CONCAT('same ', a.i, ' ', b.i), 'cat_2', 1.05 FROM n a JOIN n b WHERE b.i <= 20`,
    );
    const [{ stamps, n } = {}] = await world.sql(
      "SELECT COUNT(DISTINCT last_updated) stamps, COUNT(*) n FROM products WHERE name LIKE 'same %'",
    );
    expect({ stamps: Number(stamps), n: Number(n) }).toEqual({ stamps: 1, n: 20_000 });
    const { code } = await world.call(['up', '--once'], { PAGE_ROWS: '500' });
    expect(code).toBe(0);
    expect(await world.verdict()).toMatchObject({ ...clean, rows: 20_050, records: 20_050, lines: 20_050 });
  }, 180_000);
});
