import { type KafkaAdmin, kafkaAdmin } from '../../src/adapters/kafka/admin.js';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { kafkaSubscribe } from '../../src/adapters/kafka/subscribe.js';
import type { EndOffsets, IncomingRecord, Publish, TopicReader } from '../../src/core/broker.js';
import type { OpenTransaction } from './memory-broker.js';
import { eventually } from './program.js';
import { testServers, uniqueName } from './servers.js';
import { silentLog } from './silent-log.js';

/** A member of a group that runs and commits nothing; `read` has each record once. */
export type Member = Readonly<{ read(): readonly IncomingRecord[]; leave(): Promise<void> }>;

export type KafkaWorld = Readonly<{
  kafka: ReturnType<typeof kafkaClient>;
  admin: KafkaAdmin;
  reader: TopicReader;
  brokers: string;
  /** Makes a topic with so many records in each of its partitions, numbered from 0; gives its name. */
  topic(counts: readonly number[]): Promise<string>;
  send: Publish;
  /** Adds records `{"id":…}` to a partition. */
  publish(topic: string, partition: number, ids: readonly number[]): Promise<EndOffsets>;
  /** Begins a transaction of a producer of its own in a partition of a topic. */
  begin(topic: string, partition: number): Promise<OpenTransaction>;
  /** Deletes the records of a partition before an offset. */
  deleteRecords(topic: string, partition: number, before: bigint): Promise<void>;
  /** Joins a group; resolves when it has its partitions. */
  member(group: string, topics: readonly string[]): Promise<Member>;
  close(): Promise<void>;
}>;

/** A client of the broker of the test run. */
export const kafkaWorld = async (): Promise<KafkaWorld> => {
  const brokers = (await testServers()).kafka.brokers;
  const kafka = kafkaClient({ brokers, clientId: 'world', log: silentLog });
  const [admin, reader, publisher] = [kafkaAdmin(kafka), kafkaReader(kafka), kafkaPublisher(kafka)];
  const members = new Set<Member>();
  const producers = new Set<ReturnType<typeof kafka.producer>>();
  const publish: KafkaWorld['publish'] = (topic, partition, ids) =>
    publisher.publish(topic, [
      { partition, records: ids.map((id) => ({ key: Buffer.from(String(id)), value: Buffer.from(JSON.stringify({ id })) })) },
    ]);
  return {
    kafka,
    admin,
    reader,
    brokers: brokers.join(','),
    send: publisher.publish,
    publish,
    async topic(counts) {
      const name = uniqueName('topic');
      await admin.ensureTopics([{ name, partitions: counts.length }]);
      for (const [partition, count] of counts.entries())
        if (count > 0)
          await publish(
            name,
            partition,
            Array.from({ length: count }, (_, id) => id),
          );
      return name;
    },
    async begin(topic, partition) {
      const producer = kafka.producer({
        transactionalId: uniqueName('transaction'),
        idempotent: true,
        maxInFlightRequests: 1,
        transactionTimeout: 600_000,
      });
      producers.add(producer);
      await producer.connect();
      const transaction = await producer.transaction();
      const length = async () => (await reader.endOffsets(topic, 'own')).get(partition) ?? 0n;
      const end = (how: 'commit' | 'abort') => async () => {
        const before = await length();
        await transaction[how]();
        // The broker answers before it has written the mark.
        await eventually('the mark of the transaction', 30_000, async () => (await length()) > before || undefined);
      };
      return {
        async send(records) {
          await transaction.send({ topic, messages: records.map((record) => ({ ...record, partition })) });
        },
        commit: end('commit'),
        abort: end('abort'),
      };
    },
    async deleteRecords(topic, partition, before) {
      const deleting = kafka.admin();
      await deleting.connect();
      try {
        await deleting.fetchTopicMetadata({ topics: [topic] });
        await deleting.deleteTopicRecords({ topic, partitions: [{ partition, offset: before.toString() }] });
      } finally {
        await deleting.disconnect();
      }
    },
    async member(group, topics) {
      const stop = new AbortController();
      const read = new Map<string, IncomingRecord>();
      let assigned = false;
      const running = kafkaSubscribe(kafka)({
        group,
        clientId: 'member',
        topics,
        signal: stop.signal,
        async onAssigned() {
          assigned = true;
          return new Map();
        },
        async onBatch({ partition, records }) {
          for (const record of records) read.set(`${partition}/${record.offset}`, record);
        },
      });
      const member: Member = {
        read: () => [...read.values()],
        async leave() {
          stop.abort();
          await running;
          members.delete(member);
        },
      };
      members.add(member);
      await eventually('an assignment', 30_000, () => assigned || undefined);
      return member;
    },
    async close() {
      await Promise.all([...members].map(({ leave }) => leave()));
      await Promise.all([...producers].map((producer) => producer.disconnect()));
      for (const { close } of [admin, reader, publisher]) await close();
    },
  };
};
