import type { Kafka } from 'kafkajs';
import type { EndOffsets, PartitionRecords, Publish } from '../../core/broker.js';
import { BridgeError } from '../../core/errors.js';
import { inTermsOf } from './errors.js';
import { rounds } from './rounds.js';
import { batchTooLarge } from './too-large.js';
import { type TopicProducer, topicProducer } from './topic-producer.js';

export { MOST_BATCH_BYTES } from './rounds.js';

const SEND_DEADLINE_MS = 60_000;

const always = (): boolean => true;

export type Publisher = Readonly<{ publish: Publish; close(): Promise<void> }>;

/**
 * Publishes with acks=all through idempotent producers, one a topic: the trouble of one feed is not another's.
 * Calls for the same topic take turns. After a failure its producer is thrown away, and nothing of it is sent any more.
 */
export const kafkaPublisher = (kafka: Kafka): Publisher => {
  const producers = new Map<string, TopicProducer>();
  const turns = new Map<string, Promise<unknown>>();

  const producerOf = (topic: string): TopicProducer => {
    const producer = producers.get(topic) ?? topicProducer(kafka, topic);
    producers.set(topic, producer);
    return producer;
  };

  const send = async (topic: string, batches: readonly PartitionRecords[], allowed: () => boolean): Promise<EndOffsets> => {
    const ends = new Map<number, bigint>();
    for (const round of rounds(batches)) {
      const producer = producerOf(topic);
      try {
        const sending = (): Promise<ReadonlyMap<number, bigint>> =>
          producer.send(round, allowed).catch((error: unknown) => {
            throw batchTooLarge(error, topic, round) ?? error;
          });
        const bases = await inTermsOf(`publishing to ${topic}`, sending, SEND_DEADLINE_MS);
        for (const { partition, records } of round)
          ends.set(partition, (bases.get(partition) as bigint) + BigInt(records.length));
      } catch (error) {
        producers.delete(topic);
        void producer.close();
        throw error instanceof BridgeError ? error : new Error('unreachable', { cause: error });
      }
    }
    return ends;
  };

  const publish: Publish = (topic, batches, allowed = always) => {
    const before = turns.get(topic) ?? Promise.resolve();
    const turn = before.then(
      () => send(topic, batches, allowed),
      () => send(topic, batches, allowed),
    );
    turns.set(topic, turn);
    return turn;
  };

  const close = async (): Promise<void> => {
    await Promise.all([...producers.values()].map((producer) => producer.close()));
    producers.clear();
  };

  return { publish, close };
};
