import { type KafkaAdmin, kafkaAdmin } from '../../src/adapters/kafka/admin.js';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { kafkaSubscribe } from '../../src/adapters/kafka/subscribe.js';
import type { EndOffsets, IncomingRecord, TopicReader } from '../../src/core/broker.js';
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
  /** Adds records `{"id":…}` to a partition. */
  publish(topic: string, partition: number, ids: readonly number[]): Promise<EndOffsets>;
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
  const publish: KafkaWorld['publish'] = (topic, partition, ids) =>
    publisher.publish(topic, [
      { partition, records: ids.map((id) => ({ key: Buffer.from(String(id)), value: Buffer.from(JSON.stringify({ id })) })) },
    ]);
  return {
    kafka,
    admin,
    reader,
    brokers: brokers.join(','),
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
      for (const { close } of [admin, reader, publisher]) await close();
    },
  };
};
