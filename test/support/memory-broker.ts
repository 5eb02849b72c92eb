import type { EndOffsets, IncomingRecord, PartitionRecords, Publish, TopicReader } from '../../src/core/broker.js';
import { BridgeError } from '../../src/core/errors.js';

export type StoredRecord = IncomingRecord;

/** What a publish should do: take everything, or take `records` of it and then lose the connection. */
export type PublishFate = Readonly<{ kind: 'ack' } | { kind: 'break'; after: number }>;

export type MemoryBroker = Readonly<{
  publish: Publish;
  reader: TopicReader;
  records(topic: string, partition: number): readonly StoredRecord[];
  all(topic: string): readonly (StoredRecord & { partition: number })[];
  recreate(topic: string): void;
}>;

const lost = (): BridgeError =>
  new BridgeError({ code: 'KAFKA_UNAVAILABLE', kind: 'transient', found: 'The connection broke.', fix: '' });

/** A broker in memory, for unit tests. `fate` decides what happens to each publish. */
export const memoryBroker = (partitions: number, fate: () => PublishFate = () => ({ kind: 'ack' })): MemoryBroker => {
  const topics = new Map<string, StoredRecord[][]>();
  let clock = 1_795_224_885_000;
  const topicOf = (name: string): StoredRecord[][] => {
    const found = topics.get(name) ?? Array.from({ length: partitions }, () => []);
    topics.set(name, found);
    return found;
  };
  const append = (topic: string, batches: readonly PartitionRecords[], most: number): void => {
    let left = most;
    for (const { partition, records } of batches) {
      // A record batch is taken whole or not at all.
      if (left < records.length) return;
      left -= records.length;
      const log = topicOf(topic)[partition] as StoredRecord[];
      for (const { key, value, headers = {} } of records)
        log.push({
          offset: BigInt(log.length),
          timestamp: clock++,
          key,
          value,
          headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
        });
    }
  };
  const ends = (topic: string): EndOffsets => new Map(topicOf(topic).map((log, partition) => [partition, BigInt(log.length)]));
  return {
    async publish(topic, batches) {
      const decided = fate();
      append(topic, batches, decided.kind === 'ack' ? Number.POSITIVE_INFINITY : decided.after);
      if (decided.kind === 'break') throw lost();
      const all = ends(topic);
      return new Map(batches.map(({ partition }) => [partition, all.get(partition) ?? 0n]));
    },
    reader: {
      endOffsets: async (topic) => ends(topic),
      inSyncAnswer: async () => {},
      startOffsets: async (topic) => new Map([...ends(topic).keys()].map((partition) => [partition, 0n])),
      async *readRange({ topic, partition }, from, to) {
        yield (topicOf(topic)[partition] ?? []).filter(({ offset }) => offset >= from && offset < to);
      },
    },
    records: (topic, partition) => topicOf(topic)[partition] ?? [],
    all: (topic) => topicOf(topic).flatMap((log, partition) => log.map((record) => ({ ...record, partition }))),
    recreate: (topic) => void topics.delete(topic),
  };
};
