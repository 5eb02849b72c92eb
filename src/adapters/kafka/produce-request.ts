import type { OutgoingRecord } from '../../core/broker.js';
import { type SizedBatch, sizeBatch, writeBatch } from './record-batch.js';

/** What kafkajs hands to the encoder of its Produce request, in its own terms. */
export type ProduceArguments = Readonly<{
  acks: number;
  timeout: number;
  producerId: string | number;
  producerEpoch: number;
  topicData: readonly Readonly<{
    topic: string;
    partitions: readonly Readonly<{
      partition: string | number;
      firstSequence: number;
      messages: readonly OutgoingRecord[];
    }>[];
  }>[];
}>;

const INT16 = 2;
const INT32 = 4;
/** No transactional id, acks, timeout, number of topics. */
const REQUEST_BYTES = INT16 + INT16 + INT32 + INT32;
const NONE = -1;

type SizedTopic = Readonly<{
  topic: string;
  partitions: readonly Readonly<{ partition: number; firstSequence: number; batch: SizedBatch }>[];
}>;

const sizeTopics = (topicData: ProduceArguments['topicData']): SizedTopic[] =>
  topicData.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, firstSequence, messages }) => ({
      partition: Number(partition),
      firstSequence,
      batch: sizeBatch(messages),
    })),
  }));

const topicBytes = ({ topic, partitions }: SizedTopic): number =>
  partitions.reduce((bytes, { batch }) => bytes + INT32 + INT32 + batch.bytes, INT16 + Buffer.byteLength(topic) + INT32);

/**
 * The body of a Produce request, versions 3 to 7, in one buffer of exactly its size: uncompressed, outside any transaction.
 * Every record gets `timestamp` (milliseconds since 1970).
 */
export const encodeProduce = (request: ProduceArguments, timestamp: number): Buffer => {
  const topics = sizeTopics(request.topicData);
  const target = Buffer.allocUnsafeSlow(topics.reduce((bytes, topic) => bytes + topicBytes(topic), REQUEST_BYTES));
  const stamp = { timestamp, producerId: BigInt(request.producerId), producerEpoch: request.producerEpoch };
  let at = target.writeInt16BE(NONE, 0);
  at = target.writeInt16BE(request.acks, at);
  at = target.writeInt32BE(request.timeout, at);
  at = target.writeInt32BE(topics.length, at);
  for (const { topic, partitions } of topics) {
    at = target.writeInt16BE(Buffer.byteLength(topic), at);
    at += target.write(topic, at);
    at = target.writeInt32BE(partitions.length, at);
    for (const { partition, firstSequence, batch } of partitions) {
      at = target.writeInt32BE(partition, at);
      at = target.writeInt32BE(batch.bytes, at);
      at = writeBatch(target, at, batch, { ...stamp, firstSequence });
    }
  }
  return target;
};
