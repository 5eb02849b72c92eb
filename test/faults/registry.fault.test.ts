import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { avroCodec } from '../../src/adapters/avro/index.js';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { avro, type Topic } from '../../src/core/topic.js';
import { type FakeRegistry, fakeRegistry, type Trouble } from '../support/fake-registry.js';
import { type FaultWorld, faultWorld } from '../support/fault-world.js';
import { readLogs } from '../support/oracle.js';
import { eventually } from '../support/program.js';
import { testServers } from '../support/servers.js';
import { silentLog } from '../support/silent-log.js';

const SUBJECT = 'product_updates-value';
const SCHEMAS = join(__dirname, '..', '..', 'schemas');
const schema = readFileSync(join(SCHEMAS, `${SUBJECT}.avsc`), 'utf8');

let registry: FakeRegistry;
let world: FaultWorld;
beforeAll(async () => {
  registry = await fakeRegistry();
  world = await faultWorld('registry', { ...(await testServers()), registry });
}, 180_000);
afterEach(async () => {
  registry.heal();
  await world.calm();
});
afterAll(async () => {
  await world?.close();
  await registry?.close();
}, 60_000);

const deadLetters = async (): Promise<number> => {
  const reader = kafkaReader(kafkaClient({ brokers: [world.env.KAFKA_BROKERS ?? ''], clientId: 'test', log: silentLog }));
  try {
    return Number((await reader.endOffsets('product_updates.dead-letter')).get(0) ?? 0n);
  } finally {
    await reader.close();
  }
};

/** A record under a schema id that no worker has seen yet. */
const publishUnder = async (id: number, row: number): Promise<void> => {
  const products: Topic<object> = { name: 'product_updates', partitions: 10, format: avro(SUBJECT), key: () => String(row) };
  const codec = await avroCodec({ registryUrl: registry.url, schemasDirectory: SCHEMAS, log: silentLog }).open(products);
  const value = codec.encode({
    id: row,
    name: 'under another id',
    category: 'cat_1',
    price: '1.00',
    last_updated: '2026-01-01 00:00:00.000001',
  });
  value.writeInt32BE(id, 1);
  const publisher = kafkaPublisher(kafkaClient({ brokers: [world.env.KAFKA_BROKERS ?? ''], clientId: 'test', log: silentLog }));
  await publisher.publish('product_updates', [{ partition: 4, records: [{ key: Buffer.from(String(row)), value }] }]);
  await publisher.close();
};

describe('fault 21: the registry is in trouble, in the middle', () => {
  it.each<[string, Trouble, number]>([
    ['status 500', { status: 500, body: '{}' }, 101],
    ['status 429', { status: 429, body: '{}' }, 102],
    ['no answer', 'hang', 103],
  ])(
    '%s: cached ids go on, a new one waits, nothing goes to the dead letters',
    async (_what, trouble, id) => {
      const programs = [world.produce(), await world.consume('consumer_1'), await world.consume('consumer_2')];
      const load = world.load();
      await load.more(50);
      await world.settled(30_000).catch(() => {});
      await publishUnderTrouble(id, trouble);
      const lines = () => [...readLogs(world.logs).values()].flat();
      const before = lines().length;
      await load.more(150);
      // The other partitions go on.
      await eventually('lines', 60_000, () => (lines().length > before + 60 ? true : undefined));
      await eventually('a question that went wrong', 60_000, () =>
        registry.requests.some((request) => request.endsWith(`/schemas/ids/${id}`)) ? true : undefined,
      );
      expect(lines().some(({ id: row }) => row === 900_000 + id)).toBe(false);
      const [one, two] = [programs[1], programs[2]];
      await eventually('the one who waits to say so', 30_000, async () => {
        expect(await deadLetters()).toBe(0);
        return `${one?.stderr()}${two?.stderr()}`.includes('REGISTRY_UNAVAILABLE') ? true : undefined;
      });
      registry.heal();
      await world.finish(programs, 60_000);
      expect(lines().some(({ id: row }) => row === 900_000 + id)).toBe(true);
      expect(await deadLetters()).toBe(0);
    },
    150_000,
  );

  const publishUnderTrouble = async (id: number, trouble: Trouble): Promise<void> => {
    registry.put(id, { schema: JSON.stringify({ ...JSON.parse(schema), doc: String(id) }) });
    await publishUnder(1, 800_000 + id);
    registry.requests.length = 0;
    registry.fail((request) => (request.endsWith(`/schemas/ids/${id}`) ? trouble : undefined));
    await publishUnder(id, 900_000 + id);
    registry.fail(() => trouble);
  };

  it('a worker that starts meanwhile waits too, and decodes when it is over', async () => {
    const producer = world.produce();
    await producer.said('"msg":"guarantee"');
    registry.fail(() => ({ status: 503 }));
    const load = world.load();
    await load.more(100);
    const worker = world.run(['consume', 'products', '--instance', 'consumer_1']);
    await worker.said('REGISTRY_UNAVAILABLE');
    registry.heal();
    await world.finish([producer, worker], 60_000);
    expect(await deadLetters()).toBe(0);
  }, 90_000);
});

describe('fault 22: the registry refuses the schema', () => {
  const refused = async (says: RegExp): Promise<void> => {
    const before = await world.verdict();
    await world.sql('UPDATE products SET price = price + 1 WHERE id = 1');
    const producer = world.produce();
    expect({ end: await world.refusal(producer), stderr: producer.stderr() }).toEqual({
      end: 2,
      stderr: expect.stringMatching(says),
    });
    expect((await world.verdict()).records).toBe(before.records);
  };
  const known = () => [...(registry.subjects.get(SUBJECT) ?? [])];

  it.each([
    [
      409,
      { error_code: 409, message: 'incompatible: READER_FIELD_MISSING_DEFAULT_VALUE price' },
      /SCHEMA_INCOMPATIBLE.*'product_updates-value'.*READER_FIELD_MISSING_DEFAULT_VALUE price[\s\S]*schemas\/product_updates-value\.avsc/,
    ],
    [
      422,
      { error_code: 42201, message: 'Invalid schema: name' },
      /SCHEMA_REFUSED.*'product_updates-value'.*422.*Invalid schema: name[\s\S]*schemas\/product_updates-value\.avsc/,
    ],
  ])(
    '%s: exit 2 before any row, with subject, reason and fix',
    async (status, body, says) => {
      const before = known();
      registry.subjects.delete(SUBJECT);
      registry.fail((request) => (request.startsWith('POST') ? { status, body: JSON.stringify(body) } : undefined));
      await refused(says);
      registry.subjects.set(SUBJECT, before);
    },
    60_000,
  );

  it('another schema under the subject: exit 2, with the difference', async () => {
    const before = known();
    const other = JSON.parse(schema);
    for (const field of other.fields) if (field.name === 'price') field.type.scale = 4;
    registry.add(SUBJECT, other);
    await refused(/SCHEMA_INCOMPATIBLE.*'product_updates-value'.*price[\s\S]*schemas\/product_updates-value\.avsc/);
    registry.subjects.set(SUBJECT, before);
    const programs = [world.produce(), await world.consume('consumer_1')];
    await world.finish(programs, 60_000);
  }, 60_000);
});
