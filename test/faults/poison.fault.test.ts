import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import type { IncomingRecord } from '../../src/core/broker.js';
import { type FaultWorld, faultWorld } from '../support/fault-world.js';
import { readLogs } from '../support/oracle.js';
import { eventually } from '../support/program.js';
import { silentLog } from '../support/silent-log.js';

let world: FaultWorld;
beforeAll(async () => {
  world = await faultWorld('poison');
}, 180_000);
afterEach(() => world.calm());
afterAll(() => world?.close(), 60_000);

const client = () => kafkaClient({ brokers: [world.env.KAFKA_BROKERS ?? ''], clientId: 'test', log: silentLog });

const readAll = async (topic: string, partition: number): Promise<IncomingRecord[]> => {
  const reader = kafkaReader(client());
  const found: IncomingRecord[] = [];
  try {
    const end = (await reader.endOffsets(topic)).get(partition) ?? 0n;
    for await (const batch of reader.readRange({ topic, partition }, 0n, end)) found.push(...batch);
  } finally {
    await reader.close();
  }
  return found;
};

const headersOf = ({ headers }: IncomingRecord) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

describe('fault 23: poison', () => {
  it('goes to the dead letters with its origin and its bytes, the next record goes on, a tombstone is a delete', async () => {
    const whole = (await readAll('product_updates', 3))[0]?.value as Buffer;
    expect(whole.length).toBeGreaterThan(10);
    const huge = Buffer.concat([whole.subarray(0, 5), Buffer.from([2, 0xfe, 0xff, 0xff, 0xff, 0x0f]), Buffer.from('abc')]);
    const poison: [string, Buffer][] = [
      ['empty', Buffer.alloc(0)],
      ['wrong magic byte', Buffer.concat([Buffer.from([7]), whole.subarray(1)])],
      ['truncated', whole.subarray(0, whole.length - 4)],
      ['a length of two thousand millions', huge],
      ['unknown schema id', Buffer.concat([Buffer.from([0, 0x7f, 0, 0, 1]), whole.subarray(5)])],
      ['no more than a header', whole.subarray(0, 5)],
    ];
    const programs = [world.produce(), await world.consume('consumer_1'), await world.consume('consumer_2')];
    const load = world.load();
    const publisher = kafkaPublisher(client());
    const first = (await readAll('product_updates', 3)).length;
    for (const [name, value] of poison) {
      await load.more(20);
      await publisher.publish('product_updates', [{ partition: 3, records: [{ key: Buffer.from(name), value }] }]);
    }
    await publisher.publish('product_updates', [{ partition: 3, records: [{ key: Buffer.from('7'), value: null }] }]);
    await publisher.close();
    await load.more(100);
    await world.records(200);
    await world.finish(programs, 60_000);
    const dead = await readAll('product_updates.dead-letter', 0);
    expect(dead.map(({ key }) => String(key))).toEqual(poison.map(([name]) => name));
    expect(dead.every(({ value }, index) => value?.equals(poison[index]?.[1] as Buffer))).toBe(true);
    for (const letter of dead)
      expect(headersOf(letter)).toMatchObject({
        'rowbridge.reason': expect.stringMatching(/./),
        'rowbridge.topic': 'product_updates',
        'rowbridge.partition': '3',
        'rowbridge.offset': expect.stringMatching(/^\d+$/),
      });
    const lines = [...readLogs(world.logs).values()].flat();
    expect(lines.filter(({ deleted }) => deleted === true).map(({ id }) => id)).toEqual([7]);
    // Behind the poison, in the same partition.
    expect(lines.some(({ _kafka: { partition, offset } }) => partition === 3 && offset > first + poison.length)).toBe(true);
  }, 120_000);
});

describe('fault 24: a row larger than the broker takes', () => {
  it('its key, size and reason go to the dead letters, the rest of its batch goes on', async () => {
    await world.sql('ALTER TABLE products MODIFY name MEDIUMTEXT NOT NULL');
    const before = (await readAll('product_updates.dead-letter', 0)).length;
    await world.sql("INSERT INTO products (name, category, price) VALUES ('before', 'cat_1', 1)");
    for (const size of [899_000, 1_100_000, 5_000_000])
      await world.sql("INSERT INTO products (name, category, price) VALUES (REPEAT('x', ?), 'cat_1', 1)", [size]);
    await world.sql("INSERT INTO products (name, category, price) VALUES ('after', 'cat_1', 1)");
    const big = await world.sql('SELECT id FROM products WHERE LENGTH(name) > 1000000 ORDER BY id');
    expect(big).toHaveLength(2);
    const programs = [world.produce(), await world.consume('consumer_1')];
    const dead = await eventually('the dead letters', 30_000, async () => {
      const found = (await readAll('product_updates.dead-letter', 0)).slice(before);
      return found.length >= 2 ? found : undefined;
    });
    expect(dead.map(({ key }) => Number(key))).toEqual(big.map(({ id }) => Number(id)));
    for (const letter of dead)
      expect(headersOf(letter)['rowbridge.reason']).toMatch(/has (1100\d\d\d|5000\d\d\d) bytes, the limit is 900000/);
    await world.sql('DELETE FROM products WHERE LENGTH(name) > 1000000');
    const verdict = await world.finish(programs, 60_000);
    expect(verdict.lost).toEqual([]);
    expect(await readAll('product_updates.dead-letter', 0)).toHaveLength(before + 2);
  }, 120_000);
});
