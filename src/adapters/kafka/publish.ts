import { type Kafka, type Message, Partitioners, type Producer } from 'kafkajs';
import type { OutgoingRecord, PartitionRecords, Publish } from '../../core/broker.js';
import { BridgeError } from '../../core/errors.js';
import { inTermsOf } from './errors.js';
import { exactProducer } from './exact-producer.js';
import { BATCH_HEADER_BYTES, recordBytes } from './record-batch.js';

/** kafkajs makes one record batch per partition and send, and never splits it: the broker takes 1 MiB a batch by default. */
export const MOST_BATCH_BYTES = 900_000;
/** A consumer of kafkajs hands all records of a batch to one call: some 125,000 of them are more than the stack takes. */
const MOST_BATCH_RECORDS = 50_000;
const SEND_DEADLINE_MS = 60_000;

type Slice = Readonly<{ partition: number; records: readonly OutgoingRecord[] }>;

/** Cuts a partition's records into runs that fit one record batch; a larger record goes alone. */
const slices = ({ partition, records }: PartitionRecords): Slice[] => {
  if (records.length === 0) return [];
  const cut: Slice[] = [];
  let from = 0;
  let bytes = BATCH_HEADER_BYTES;
  records.forEach((record, index) => {
    const size = recordBytes(record, index - from);
    if ((bytes + size > MOST_BATCH_BYTES && index > from) || index - from === MOST_BATCH_RECORDS) {
      cut.push({ partition, records: records.slice(from, index) });
      from = index;
      bytes = BATCH_HEADER_BYTES;
    }
    bytes += size;
  });
  cut.push({ partition, records: from === 0 ? records : records.slice(from) });
  return cut;
};

/** Send number n takes the n-th slice of each partition: as few requests as the limit on a batch allows. */
const rounds = (batches: readonly PartitionRecords[]): Slice[][] => {
  const made: Slice[][] = [];
  const taken = new Map<number, number>();
  for (const slice of batches.flatMap(slices)) {
    const round = taken.get(slice.partition) ?? 0;
    taken.set(slice.partition, round + 1);
    made[round] = [...(made[round] ?? []), slice];
  }
  return made;
};

/**
 * The two questions that `sendBatch` of kafkajs asks of its messages: is one without a value, and which go to which partition.
 * They are grouped already; kafkajs' own grouping copies all records of a partition for each of them.
 */
const grouped = (round: readonly Slice[]): Message[] => {
  const perPartition = Object.fromEntries(round.map(({ partition, records }) => [partition, records]));
  return { find: () => undefined, reduce: () => perPartition } as unknown as Message[];
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
    const fresh = exactProducer(kafka, {
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
    const answers = await (await connected()).sendBatch({ acks: -1, topicMessages: [{ topic, messages: grouped(round) }] });
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
