import type { Kafka } from 'kafkajs';
import type { EndOffsets, IncomingRecord, Reading, TopicReader } from '../../core/broker.js';
import {
  type Cluster,
  type FetchedMessage,
  type FetchedPartition,
  newCluster,
  READ_COMMITTED,
  READ_UNCOMMITTED,
} from './cluster.js';
import { kafkaError } from './errors.js';
import { recordsMeant } from './records-meant.js';
import { renewed } from './renewed.js';

/** Enough for the largest batch that a broker takes by default, several times. */
const FETCH_BYTES = 4 * 1024 * 1024;
/** For a single record: the broker gives its whole record batch in any case, and no more than that. */
const RECORD_FETCH_BYTES = 1;
/** Reads that bring nothing although the end is not reached: the offsets are gone (compaction). */
const MOST_EMPTY_READS = 3;

const definedHeaders = (headers: FetchedMessage['headers']): Readonly<Record<string, Buffer>> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** A record as kafkajs hands it over, in rowbridge's terms. */
export const incomingRecord = (message: FetchedMessage): IncomingRecord => ({
  offset: BigInt(message.offset),
  timestamp: Number(message.timestamp),
  key: message.key,
  value: message.value,
  headers: message.headers === undefined ? {} : definedHeaders(message.headers),
});

const fetchFrom = async (
  cluster: Cluster,
  topic: string,
  partition: number,
  from: bigint,
  maxBytes: number,
  reading: Reading,
): Promise<FetchedPartition> => {
  await cluster.addTargetTopic(topic);
  await cluster.refreshMetadataIfNecessary();
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  if (nodeId === undefined) throw new Error(`partition ${partition} of ${topic} has no leader`);
  const broker = await cluster.findBroker({ nodeId });
  const { responses } = await broker.fetch({
    replicaId: -1,
    isolationLevel: reading === 'committed' ? READ_COMMITTED : READ_UNCOMMITTED,
    maxWaitTime: 250,
    minBytes: 1,
    maxBytes,
    topics: [{ topic, partitions: [{ partition, fetchOffset: from.toString(), maxBytes }] }],
  });
  return responses[0]?.partitions[0] ?? { messages: [] };
};

/** Where the partitions of a topic end, open transactions included. */
const highWatermarks = async (cluster: Cluster, topic: string): Promise<EndOffsets> => {
  await cluster.addTargetTopic(topic);
  await cluster.refreshMetadataIfNecessary();
  const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId: partition }) => ({ partition }));
  const [found] = await cluster.fetchTopicsOffset([{ topic, fromBeginning: false, partitions }]);
  return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]));
};

/** @throws Error when a broker that has to have each record before it counts does not answer */
const askInSync = async (cluster: Cluster, topic: string): Promise<void> => {
  await cluster.addTargetTopic(topic);
  await cluster.refreshMetadata();
  const replicas = new Set(cluster.findTopicPartitionMetadata(topic).flatMap(({ isr }) => isr));
  await Promise.all(
    [...replicas].map(async (nodeId) => (await cluster.findBroker({ nodeId: String(nodeId) })).metadata([topic])),
  );
};

const notAllShown = (topic: string, partition: number): Error =>
  new Error(`the leader of partition ${partition} of ${topic} does not show all records yet`);

/**
 * Reads topics apart from any consumer group. Opens its connection on the first use.
 * @param fetchBytes how much is read at a time; the broker sends a whole batch at least
 */
export const kafkaReader = (
  kafka: Kafka,
  { fetchBytes = FETCH_BYTES }: Readonly<{ fetchBytes?: number }> = {},
): TopicReader & Readonly<{ close(): Promise<void> }> => {
  const admin = renewed(() => kafka.admin());
  const cluster = renewed(() => newCluster(kafka));

  /** kafkajs' admin asks for what is committed: `high` is the last stable offset. */
  const offsets = (topic: string, which: 'low' | 'high'): Promise<EndOffsets> =>
    admin.use(
      `reading the offsets of ${topic}`,
      async ({ fetchTopicOffsets }) =>
        new Map((await fetchTopicOffsets(topic)).map((found) => [found.partition, BigInt(found[which])])),
    );

  const endOffsets = (topic: string, reading: Reading = 'committed'): Promise<EndOffsets> =>
    reading === 'committed'
      ? offsets(topic, 'high')
      : cluster.use(`reading the offsets of ${topic}`, (opened) => highWatermarks(opened, topic));

  return {
    endOffsets,
    startOffsets: (topic) => offsets(topic, 'low'),
    inSyncAnswer: (topic) => cluster.use(`asking the replicas of ${topic}`, (opened) => askInSync(opened, topic)),
    async *readRange({ topic, partition }, from, to, reading = 'committed') {
      if (from >= to) return;
      const start = (await offsets(topic, 'low')).get(partition) ?? 0n;
      const bytes = to - from === 1n ? RECORD_FETCH_BYTES : fetchBytes;
      let next = from > start ? from : start;
      let empty = 0;
      while (next < to && empty < MOST_EMPTY_READS) {
        const what = `reading partition ${partition} of ${topic}`;
        const fetched = await cluster.use(what, (opened) => fetchFrom(opened, topic, partition, next, bytes, reading));
        const begin = next;
        const last = BigInt(fetched.messages.at(-1)?.offset ?? -1);
        empty = last < begin ? empty + 1 : 0;
        next = last < begin ? begin : last + 1n;
        const wanted = recordsMeant(fetched, reading).filter(({ offset }) => BigInt(offset) >= begin && BigInt(offset) < to);
        // A leader that is new shows what it holds only once its followers have told that they have it too.
        if (empty === MOST_EMPTY_READS && ((await endOffsets(topic, reading)).get(partition) ?? 0n) < to)
          throw kafkaError(notAllShown(topic, partition), `reading partition ${partition} of ${topic}`);
        if (wanted.length > 0) yield wanted.map(incomingRecord);
      }
    },
    async close() {
      await Promise.all([admin.close(), cluster.close()]);
    },
  };
};
