import type {
  EndOffsets,
  IncomingRecord,
  OutgoingRecord,
  PartitionRecords,
  Publish,
  Reading,
  TopicReader,
} from '../../src/core/broker.js';
import { BridgeError } from '../../src/core/errors.js';

/** What became of a transaction that a record belongs to; its mark stands in the topic like a record. */
type Transaction = { state: 'open' | 'committed' | 'aborted' };

export type StoredRecord = IncomingRecord & Readonly<{ transaction?: Transaction; isMark?: boolean }>;

/** A transaction of another producer in one partition. */
export type OpenTransaction = Readonly<{
  send(records: readonly OutgoingRecord[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}>;

/** What a publish should do: take everything, or take `records` of it and then lose the connection. */
export type PublishFate = Readonly<{ kind: 'ack' } | { kind: 'break'; after: number }>;

export type MemoryBroker = Readonly<{
  publish: Publish;
  reader: TopicReader;
  records(topic: string, partition: number): readonly StoredRecord[];
  all(topic: string): readonly (StoredRecord & { partition: number })[];
  recreate(topic: string): void;
  begin(topic: string, partition: number): OpenTransaction;
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
  const store = (log: StoredRecord[], { key, value, headers = {} }: OutgoingRecord, of: Partial<StoredRecord> = {}): void =>
    void log.push({
      offset: BigInt(log.length),
      timestamp: clock++,
      key,
      value,
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
      ...of,
    });
  const append = (topic: string, batches: readonly PartitionRecords[], most: number): void => {
    let left = most;
    for (const { partition, records } of batches) {
      // A record batch is taken whole or not at all.
      if (left < records.length) return;
      left -= records.length;
      const log = topicOf(topic)[partition] as StoredRecord[];
      for (const record of records) store(log, record);
    }
  };
  const endOf = (log: readonly StoredRecord[], reading: Reading): number => {
    const open = reading === 'own' ? -1 : log.findIndex(({ transaction }) => transaction?.state === 'open');
    return open < 0 ? log.length : open;
  };
  const ends = (topic: string, reading: Reading): EndOffsets =>
    new Map(topicOf(topic).map((log, partition) => [partition, BigInt(endOf(log, reading))]));
  const isMeant = ({ transaction, isMark }: StoredRecord, reading: Reading): boolean =>
    isMark !== true && (transaction === undefined || (reading === 'committed' && transaction.state === 'committed'));
  return {
    async publish(topic, batches) {
      const decided = fate();
      append(topic, batches, decided.kind === 'ack' ? Number.POSITIVE_INFINITY : decided.after);
      if (decided.kind === 'break') throw lost();
      const all = ends(topic, 'own');
      return new Map(batches.map(({ partition }) => [partition, all.get(partition) ?? 0n]));
    },
    reader: {
      endOffsets: async (topic, reading = 'committed') => ends(topic, reading),
      inSyncAnswer: async () => {},
      startOffsets: async (topic) => new Map([...topicOf(topic).keys()].map((partition) => [partition, 0n])),
      async *readRange({ topic, partition }, from, to, reading = 'committed') {
        const log = topicOf(topic)[partition] ?? [];
        yield log.filter((record) => record.offset >= from && record.offset < to && isMeant(record, reading));
      },
    },
    records: (topic, partition) => topicOf(topic)[partition] ?? [],
    all: (topic) => topicOf(topic).flatMap((log, partition) => log.map((record) => ({ ...record, partition }))),
    recreate: (topic) => void topics.delete(topic),
    begin(topic, partition) {
      const transaction: Transaction = { state: 'open' };
      const log = topicOf(topic)[partition] as StoredRecord[];
      const end = async (state: 'committed' | 'aborted'): Promise<void> => {
        transaction.state = state;
        store(log, { key: null, value: null }, { isMark: true });
      };
      return {
        send: async (records) => {
          for (const record of records) store(log, record, { transaction });
        },
        commit: () => end('committed'),
        abort: () => end('aborted'),
      };
    },
  };
};
