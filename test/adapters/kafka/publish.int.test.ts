import { kafkaAdmin } from '../../../src/adapters/kafka/admin.js';
import { kafkaClient } from '../../../src/adapters/kafka/client.js';
import { kafkaPublisher, MOST_BATCH_BYTES } from '../../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../../src/adapters/kafka/reader.js';
import type { IncomingRecord, OutgoingRecord, PartitionRecords, TopicReader } from '../../../src/core/broker.js';
import { failureOf } from '../../contracts/failure.js';
import { testServers, uniqueName } from '../../support/servers.js';
import { silentLog } from '../../support/silent-log.js';
import { asRead } from './stock.js';

type Client = ReturnType<typeof kafkaClient>;
type Read = Readonly<{ offset: string; key: Buffer | null; value: Buffer | null; headers: Readonly<Record<string, Buffer>> }>;

const PARTITIONS = 3;
const releases: (() => Promise<void>)[] = [];

const closedAfterwards = <T extends Readonly<{ close(): Promise<void> }>>(opened: T): T => {
  releases.push(opened.close);
  return opened;
};

const open = async () => {
  const { kafka: at } = await testServers();
  const kafka = kafkaClient({ brokers: at.brokers, clientId: 'publish-test', log: silentLog });
  const topic = uniqueName('exact');
  await closedAfterwards(kafkaAdmin(kafka)).ensureTopics([{ name: topic, partitions: PARTITIONS }]);
  return { kafka, topic, reader: closedAfterwards(kafkaReader(kafka)), ...closedAfterwards(kafkaPublisher(kafka)) };
};

const records = (count: number, size = 100, mark = ''): OutgoingRecord[] =>
  Array.from({ length: count }, (_, n) => ({ key: Buffer.from(`${mark}${n}`), value: Buffer.alloc(size, n) }));

/** Every kind of record there is. */
const ODD: readonly OutgoingRecord[] = [
  { key: null, value: Buffer.from('no key') },
  { key: Buffer.from('no value'), value: null },
  { key: null, value: null },
  { key: Buffer.alloc(0), value: Buffer.alloc(0) },
  { key: Buffer.from('h'), value: Buffer.alloc(300, 1), headers: { größe: '日本語 🦀', leer: '', '': 'no name' } },
  { key: Buffer.from('last'), value: Buffer.alloc(70_000, 2), headers: {} },
];

const throughReader = async (reader: TopicReader, topic: string, partition: number, count: number): Promise<IncomingRecord[]> => {
  const read: IncomingRecord[] = [];
  for await (const run of reader.readRange({ topic, partition }, 0n, BigInt(count))) read.push(...run);
  return read;
};

const throughConsumer = async (kafka: Client, topic: string, wanted: number): Promise<Map<number, Read[]>> => {
  const consumer = kafka.consumer({ groupId: uniqueName('exact-readers') });
  const read = new Map<number, Read[]>();
  let left = wanted;
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      // The first group of a broker may have to wait for its coordinator: kafkajs begins anew by itself.
      consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => void (restart || reject(error)));
      const eachMessage = async ({ partition, message }: { partition: number; message: unknown }): Promise<void> => {
        read.set(partition, [...(read.get(partition) ?? []), message as Read]);
        left -= 1;
        if (left === 0) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return read;
};

describe('what is published', () => {
  afterEach(async () => {
    await Promise.all(releases.splice(0).map((release) => release()));
  });

  it('is read back as it was, by the reader and by a consumer', async () => {
    const { kafka, topic, publish, reader } = await open();
    const batches: PartitionRecords[] = [
      { partition: 2, records: ODD },
      { partition: 0, records: records(1_000) },
    ];
    const began = Date.now();
    expect(await publish(topic, batches)).toEqual(
      new Map([
        [0, 1_000n],
        [2, BigInt(ODD.length)],
      ]),
    );
    const ended = Date.now();
    expect((await reader.endOffsets(topic)).get(1)).toBe(0n);
    const consumed = await throughConsumer(kafka, topic, 1_000 + ODD.length);
    for (const { partition, records: sent } of batches) {
      const read = await throughReader(reader, topic, partition, sent.length);
      expect(read.map(asRecord)).toEqual(sent.map(asRead));
      expect(read.map(({ offset }) => offset)).toEqual(sent.map((_, n) => BigInt(n)));
      for (const { timestamp } of read) expect(timestamp >= began && timestamp <= ended).toBe(true);
      expect(consumed.get(partition)?.map(asRecord)).toEqual(sent.map(asRead));
      expect(consumed.get(partition)?.map(({ offset }) => offset)).toEqual(sent.map((_, n) => String(n)));
    }
  });

  it('goes on where the send before ended, under one producer', async () => {
    const { kafka, topic, publish, reader } = await open();
    const made = jest.spyOn(Object.getPrototypeOf(kafka) as Client, 'producer');
    try {
      for (let send = 0; send < 5; send++) {
        const ends = await publish(topic, [{ partition: 1, records: records(10 + send, 20, `${send}-`) }]);
        expect(ends).toEqual(new Map([[1, [10n, 21n, 33n, 46n, 60n][send]]]));
      }
      expect(made).toHaveBeenCalledTimes(1);
    } finally {
      made.mockRestore();
    }
    const keys = (await throughReader(reader, topic, 1, 60)).map(({ key }) => String(key));
    expect(keys).toEqual(
      Array.from({ length: 5 }, (_, send) => records(10 + send, 0, `${send}-`))
        .flat()
        .map(({ key }) => String(key)),
    );
  });

  it('goes in several rounds when it is more than a batch takes', async () => {
    const { topic, publish, reader } = await open();
    const large = { key: null, value: Buffer.alloc(MOST_BATCH_BYTES, 3) };
    const batches: PartitionRecords[] = [
      { partition: 0, records: records(5_000, 1_000) },
      { partition: 1, records: [large, ...records(2, 10), large] },
      { partition: 2, records: Array.from({ length: 120_000 }, () => ({ key: null, value: null })) },
    ];
    const ends = await publish(topic, batches);
    expect(ends).toEqual(new Map(batches.map(({ partition, records: sent }) => [partition, BigInt(sent.length)])));
    expect(await reader.endOffsets(topic)).toEqual(ends);
    for (const { partition, records: sent } of batches.slice(0, 2)) {
      const read = await throughReader(reader, topic, partition, sent.length);
      expect(read.map(({ value }) => value?.length)).toEqual(sent.map(({ value }) => value?.length));
      expect(read.every(({ key, value }, n) => same(key, sent[n]?.key) && same(value, sent[n]?.value))).toBe(true);
    }
  });

  it('loses nothing when a partition is named twice, or has no records', async () => {
    const { topic, publish } = await open();
    const twice = [
      { partition: 0, records: records(3) },
      { partition: 1, records: [] },
      { partition: 0, records: records(4) },
    ];
    expect(await publish(topic, twice)).toEqual(new Map([[0, 7n]]));
    expect(await publish(topic, [])).toEqual(new Map());
  });

  it('is refused for good when its topic takes less, and what to set is said', async () => {
    const { kafka, topic, publish } = await open();
    const set = async (configs: Readonly<Record<string, string>>) => {
      const admin = kafka.admin();
      await admin.connect();
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: 2, name: topic, configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })) }],
      });
      await admin.disconnect();
    };
    const sent = [0, 1].map((partition) => ({ partition, records: records(1, 1_000 + 2_000_000 * partition) }));
    const large = failureOf(() => publish(topic, sent));
    await expect(large).resolves.toMatchObject({ code: 'BATCH_TOO_LARGE_FOR_TOPIC', kind: 'configuration' });
    const bytes = /batch of (\d+) bytes: topic '.*' has a smaller max\.message\.bytes/.exec((await large).found)?.[1] ?? '';
    expect((await large).fix).toContain(`--entity-name ${topic} --add-config max.message.bytes=${bytes},`);
    await set({ 'max.message.bytes': bytes });
    expect((await publish(topic, sent)).get(1)).toBeGreaterThan(0n);
    await set({ 'max.message.bytes': bytes, 'segment.bytes': '1048576' });
    const { code, fix } = await failureOf(() => publish(topic, sent));
    expect(code).toBe('BATCH_TOO_LARGE_FOR_TOPIC');
    expect(fix).toContain(`--add-config segment.bytes=${bytes},`);
  });

  it('is named in the error when the topic is not there, and the publisher goes on', async () => {
    const { topic, publish } = await open();
    const there = [{ partition: 0, records: records(1) }];
    await expect(publish(uniqueName('missing'), there)).rejects.toMatchObject({ code: 'TOPIC_MISSING', kind: 'transient' });
    expect(await publish(topic, there)).toEqual(new Map([[0, 1n]]));
  });
});

const same = (a: Buffer | null, b: Buffer | null | undefined): boolean =>
  a === null || b === null || b === undefined ? a === b : a.equals(b);

const asRecord = ({ key, value, headers }: Pick<Read, 'key' | 'value' | 'headers'>) => ({ key, value, headers });
