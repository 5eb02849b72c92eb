import { type Kafka, type Message, Partitioners, type Producer } from 'kafkajs';
import type { OutgoingRecord, PartitionRecords, Publish } from '../../core/broker.js';
import { BridgeError } from '../../core/errors.js';
import { inTermsOf } from './errors.js';

/** kafkajs makes one record batch per partition and send, and never splits it: the broker takes 1 MiB a batch by default. */
export const MOST_BATCH_BYTES = 900_000;
const RECORD_OVERHEAD_BYTES = 64;
const SEND_DEADLINE_MS = 60_000;

type Slice = Readonly<{ partition: number; records: readonly OutgoingRecord[] }>;

const sizeOf = ({ key, value, headers }: OutgoingRecord): number => {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
  for (const name in headers) bytes += name.length + Buffer.byteLength(headers[name] ?? '') + 8;
  return bytes;
};

/** Cuts a partition's records into runs that fit one record batch. */
const slices = ({ partition, records }: PartitionRecords): Slice[] => {
  const cut: Slice[] = [];
  let from = 0;
  let bytes = 0;
  records.forEach((record, index) => {
    const size = sizeOf(record);
    if (bytes + size > MOST_BATCH_BYTES && index > from) {
      cut.push({ partition, records: records.slice(from, index) });
      from = index;
      bytes = 0;
    }
    bytes += size;
  });
  cut.push({ partition, records: records.slice(from) });
  return cut;
};

/** Send number n takes the n-th slice of each partition: as few requests as the limit on a batch allows. */
const rounds = (batches: readonly PartitionRecords[]): Slice[][] => {
  const perPartition = batches.map(slices);
  const most = Math.max(0, ...perPartition.map(({ length }) => length));
  return Array.from({ length: most }, (_, round) => perPartition.flatMap((cut) => cut[round] ?? []));
};

/** The partition is always set: without it, a retried send of an idempotent producer can lose records (kafkajs 2.2.4). */
const messagesOf = (round: readonly Slice[]): Message[] => {
  const messages: Message[] = [];
  for (const { partition, records } of round)
    for (const { key, value, headers } of records)
      messages.push(headers === undefined ? { partition, key, value } : { partition, key, value, headers });
  return messages;
};

export type Publisher = Readonly<{ publish: Publish; close(): Promise<void> }>;

/**
 * Publishes with acks=all through an idempotent producer.
 * After a failure the producer is thrown away: its sequence numbers may disagree with what the broker took.
 */
export const kafkaPublisher = (kafka: Kafka): Publisher => {
  let producer: Producer | undefined;

  const connected = async (): Promise<Producer> => {
    if (producer !== undefined) return producer;
    const fresh = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 },
    });
    await fresh.connect();
    producer = fresh;
    return fresh;
  };

  const discard = async (): Promise<void> => {
    const old = producer;
    producer = undefined;
    await old?.disconnect().catch(() => {});
  };

  const send = async (topic: string, round: readonly Slice[], ends: Map<number, bigint>): Promise<void> => {
    const answers = await (await connected()).sendBatch({ acks: -1, topicMessages: [{ topic, messages: messagesOf(round) }] });
    for (const { partition, records } of round) {
      const base = answers.find((answer) => answer.partition === partition)?.baseOffset;
      if (base === undefined || BigInt(base) < 0n) throw new Error(`no base offset for partition ${partition}`);
      ends.set(partition, BigInt(base) + BigInt(records.length));
    }
  };

  const publish: Publish = async (topic, batches) => {
    const ends = new Map<number, bigint>();
    try {
      for (const round of rounds(batches))
        await inTermsOf(`publishing to ${topic}`, () => send(topic, round, ends), SEND_DEADLINE_MS);
    } catch (error) {
      void discard();
      throw error instanceof BridgeError ? error : new Error('unreachable', { cause: error });
    }
    return ends;
  };

  return { publish, close: discard };
};
