import { readFileSync } from 'node:fs';
import { type Admin, ConfigResourceTypes } from 'kafkajs';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { type Brokers, startBrokers } from '../support/brokers.js';
import { clean, readLogs } from '../support/oracle.js';
import { eventually, type Program } from '../support/program.js';
import { silentLog } from '../support/silent-log.js';
import { freshWorld, type World } from '../support/world.js';

const TOPIC = 'product_updates';
/** A dead broker is found out after 9 s, and what it led moves. */
const GOES_ON_WITHIN_MS = 40_000;

let brokers: Brokers;
let world: World;
let admin: Admin;
let reader: ReturnType<typeof kafkaReader>;
beforeAll(async () => {
  brokers = await startBrokers(3);
  const kafka = kafkaClient({ brokers: brokers.addresses, clientId: 'test', log: silentLog });
  reader = kafkaReader(kafka);
  admin = kafka.admin();
  await admin.connect();
  world = await freshWorld('brokers', { KAFKA_BROKERS: brokers.addresses.join(',') });
}, 300_000);
afterAll(async () => {
  await world?.close();
  await reader?.close();
  await admin?.disconnect();
  await brokers?.close();
}, 60_000);

const partitionsOf = async () => (await admin.fetchTopicMetadata({ topics: [TOPIC] })).topics[0]?.partitions ?? [];

const position = (): string =>
  (JSON.parse(readFileSync(world.stateFile, 'utf8')) as { last_read_timestamp: string }).last_read_timestamp;
const lines = (): number => [...readLogs(world.logs).values()].flat().length;

/** Waits until the producer publishes and the workers log again; gives how long that took. */
const goesOn = async (): Promise<number> => {
  const since = performance.now();
  const before = { position: position(), lines: lines() };
  await eventually('the position moves', GOES_ON_WITHIN_MS, () => (position() > before.position ? true : undefined));
  await eventually('the logs grow', GOES_ON_WITHIN_MS, () => (lines() > before.lines ? true : undefined));
  return performance.now() - since;
};

it('topics have three copies, two of which must be in sync', async () => {
  expect((await partitionsOf()).map(({ replicas }) => replicas.length)).toEqual(Array(10).fill(3));
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: TOPIC, configNames: ['min.insync.replicas'] }],
  });
  expect(resources[0]?.configEntries[0]?.configValue).toBe('2');
});

it('each broker is killed under load and brought back, one together with the producer: nothing is lost, nothing is there twice, and it goes on', async () => {
  const run = (...args: string[]): Program => world.run(args);
  let active = run('produce', 'products', '--standby');
  await active.said('guarantee');
  const next = run('produce', 'products', '--standby');
  await next.said('standing by');
  const workers = ['consumer_1', 'consumer_2', 'consumer_3'].map((name) => run('consume', 'products', '--instance', name));
  for (const worker of workers) await worker.said('partitions assigned');
  const writer = run('update', 'products', '--rate', '200');
  await goesOn();
  const halts: number[] = [];
  for (const node of [1, 2, 3]) {
    const led = (await partitionsOf()).filter(({ leader }) => leader === node).length;
    await brokers.kill(node);
    // Until it is found out, records may wait for it that nobody can see: whoever takes a feed over has to know.
    await expect(reader.inSyncAnswer(TOPIC)).rejects.toMatchObject({ kind: 'transient' });
    if (node === 2) {
      active.signal('SIGKILL');
      await next.said('took the feed over');
      active = next;
    }
    halts.push(await goesOn());
    // With one broker away everything that it led has found another leader.
    await eventually('all partitions are led', 40_000, async () => {
      const found = await partitionsOf().catch(() => []);
      return found.length === 10 && found.every(({ leader, isr }) => leader !== node && isr.length === 2) ? true : undefined;
    });
    await reader.inSyncAnswer(TOPIC);
    halts.push(await goesOn());
    await brokers.start(node);
    await eventually('all copies are in sync', 60_000, async () => {
      const found = await partitionsOf().catch(() => []);
      return found.length === 10 && found.every(({ isr }) => isr.length === 3) ? true : undefined;
    });
    process.stderr.write(`broker ${node} led ${led}; halts ${halts.slice(-2).map(Math.round).join(', ')} ms\n`);
  }
  await world.records(2_000);
  expect(await writer.stop()).toBe(0);
  for (const program of [active, ...workers]) expect(await program.stop()).toBe(0);
  const { code, stderr } = await world.call(['up', '--once']);
  expect(code === 0 ? '' : stderr).toBe('');
  expect(await world.verdict()).toMatchObject({ ...clean, backwards: [] });
});
