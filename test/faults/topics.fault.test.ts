import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { kafkaAdmin } from '../../src/adapters/kafka/admin.js';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { type FaultWorld, faultWorld } from '../support/fault-world.js';
import { readLogs } from '../support/oracle.js';
import type { Program } from '../support/program.js';
import { silentLog } from '../support/silent-log.js';

let world: FaultWorld;
beforeAll(async () => {
  world = await faultWorld('topics');
}, 180_000);
afterEach(() => world.calm());
afterAll(() => world?.close(), 60_000);

const TOPICS = ['product_updates', 'product_updates.dead-letter'];
const client = () => kafkaClient({ brokers: [world.env.KAFKA_BROKERS ?? ''], clientId: 'test', log: silentLog });

const withAdmin = async (use: (admin: ReturnType<typeof kafkaAdmin>) => Promise<void>): Promise<void> => {
  const admin = kafkaAdmin(client());
  try {
    await use(admin);
  } finally {
    await admin.close();
  }
};
const deleteTopics = () => withAdmin((admin) => admin.deleteTopics(TOPICS));
const deleteGroup = () => withAdmin((admin) => admin.deleteGroups(['product_workers']));
const setUp = async () => expect((await world.call(['setup'])).code).toBe(0);
/** As before a first start: the logs of workers that do not run any more would stay as they are. */
const fromNothing = async (): Promise<void> => {
  for (const place of [dirname(world.stateFile), world.logs]) await rm(place, { recursive: true });
  await deleteTopics();
  await deleteGroup();
};
const lines = () => [...readLogs(world.logs).values()].flat();
const all = async (): Promise<[producer: Program, worker: Program]> => [world.produce(), await world.consume('consumer_1')];

describe('fault 27: the topic is missing, has other partitions, or grows', () => {
  it('missing: the producer says so and waits, setup makes it, all goes on', async () => {
    await fromNothing();
    const producer = world.produce();
    await producer.said('TOPIC_MISSING');
    expect(producer.child.exitCode).toBeNull();
    await setUp();
    const worker = await world.consume('consumer_1');
    const load = world.load();
    await load.more(200);
    await world.finish([producer, worker], 60_000);
  }, 120_000);

  it('growing while running: said once, with both counts; no key of ours moves; the next start is refused', async () => {
    const programs = await all();
    const load = world.load();
    const kafka = client().admin();
    await kafka.connect();
    await kafka.createPartitions({ topicPartitions: [{ topic: 'product_updates', count: 12 }] });
    await kafka.disconnect();
    await programs[0].said('keys of other producers move', 30_000);
    expect(programs[0].stderr()).toMatch(/"partitions":12,"expected":10/);
    await load.more(200);
    await world.finish(programs, 60_000);
    expect(lines().some(({ _kafka: { partition } }) => partition > 9)).toBe(false);
    const { code, stderr } = await world.call(['produce', 'products']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/TOPIC_PARTITIONS_DIFFER.*12 partitions/) });
  }, 120_000);

  it('with another count from the beginning: refused with exit 2, by setup too', async () => {
    await deleteTopics();
    await withAdmin((admin) => admin.ensureTopics([{ name: 'product_updates', partitions: 3 }]));
    for (const command of [['setup'], ['produce', 'products']])
      expect(await world.call(command)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/TOPIC_PARTITIONS_DIFFER.*3 part/),
      });
  }, 60_000);
});

describe('fault 30: servers made anew under kept state and logs', () => {
  const run = async (commits: number): Promise<void> => {
    const programs = await all();
    const load = world.load();
    await load.more(commits);
    await world.finish(programs, 60_000);
  };
  const dropTable = () => world.sql('DROP TABLE products, knex_migrations, knex_migrations_lock');
  const refill = async () => expect((await world.call(['update', 'products', '--once', '--rate', '0'])).code).toBe(0);
  /** The time a table was created is kept in whole seconds. */
  const aSecond = () => new Promise((resolve) => setTimeout(resolve, 1_500));

  it('both: the old state and logs are set aside, everything starts from the beginning, with a warning', async () => {
    await fromNothing();
    await setUp();
    await run(200);
    const before = readdirSync(dirname(world.stateFile)).length;
    await deleteTopics();
    await deleteGroup();
    await dropTable();
    await aSecond();
    await setUp();
    await refill();
    const programs = await all();
    await programs[0].said('the old state is set aside', 20_000);
    const load = world.load();
    await load.more(100);
    await world.records(200);
    await world.finish(programs, 60_000);
    expect(programs[1].stderr()).toMatch(/the topic was made anew: the old log is set aside/);
    expect(readdirSync(dirname(world.stateFile)).length).toBe(before + 1);
    expect(readdirSync(join(world.logs, 'consumer_1')).filter((name) => name.includes('consumer_log')).length).toBeGreaterThan(1);
  }, 180_000);

  it('only the topic: stops with exit 1 and the choice; a replay sends everything again', async () => {
    await deleteTopics();
    await deleteGroup();
    await setUp();
    const producer = world.produce();
    expect({ end: await world.refusal(producer), stderr: producer.stderr() }).toEqual({
      end: 1,
      stderr: expect.stringMatching(/TOPIC_REPLACED[\s\S]*rowbridge replay products[\s\S]*--from now/),
    });
    expect(existsSync(world.stateFile)).toBe(true);
    expect((await world.call(['replay', 'products', '--yes'])).code).toBe(0);
    await run(100);
  }, 120_000);

  it('only the database: stops with exit 1 and the choice; a replay sends everything again', async () => {
    await dropTable();
    await aSecond();
    await setUp();
    await refill();
    const ends = (await world.verdict()).records;
    const producer = world.produce();
    expect({ end: await world.refusal(producer), stderr: producer.stderr() }).toEqual({
      end: 1,
      stderr: expect.stringMatching(/DATABASE_REPLACED[\s\S]*rowbridge replay products[\s\S]*--from now/),
    });
    expect((await world.verdict()).records).toBe(ends);
    expect((await world.call(['replay', 'products', '--yes'])).code).toBe(0);
    const programs = await all();
    const verdict = await world.settled(60_000);
    expect(verdict.records).toBe(ends + 50);
    for (const program of programs) expect(await program.stop()).toBe(0);
  }, 120_000);
});
