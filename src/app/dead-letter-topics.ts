import type { TopicSpec } from '../adapters/kafka/admin.js';
import { clusterFacts } from '../adapters/kafka/topic-facts.js';
import { DEAD_LETTER_ROOM_BYTES } from '../core/dead-letter.js';
import { BridgeError } from '../core/errors.js';
import { deadLetterTopicOf } from '../core/topic.js';
import type { Clients } from './clients.js';

/** Kafka keeps the limit in 32 bits. */
const MOST_BYTES = 2 ** 31 - 1;

/** The `max.message.bytes` with which dead letters take whatever fits their topic, by that of the topic. */
export const letterBytes = (topicBytes: number): number => Math.min(topicBytes + DEAD_LETTER_ROOM_BYTES, MOST_BYTES);

const notYet = (topic: string): BridgeError =>
  new BridgeError({
    code: 'TOPIC_MISSING',
    kind: 'transient',
    found: `The topic '${topic}' is not there.`,
    fix: "Run 'rowbridge setup'; the program goes on by itself once the topic is there.",
  });

/**
 * Makes the dead-letter topics of topics that are there, with room for a record that fills its topic. One that is there stays as it is.
 * @throws BridgeError `transient` when Kafka is away or does not know a topic yet
 */
export const ensureDeadLetterTopics = async ({ admin, kafka }: Clients, topics: readonly string[]): Promise<void> => {
  const there = await admin.partitionCounts(topics.map(deadLetterTopicOf));
  const missing = topics.filter((name) => !there.has(deadLetterTopicOf(name)));
  const facts = missing.length === 0 ? undefined : (await clusterFacts(kafka, missing)).topics;
  const specOf = (topic: string): TopicSpec => {
    const spec = { name: deadLetterTopicOf(topic), partitions: 1 };
    if (!missing.includes(topic)) return spec;
    const limit = facts?.get(topic)?.maxMessageBytes;
    if (limit === undefined) throw notYet(topic);
    return { ...spec, maxMessageBytes: letterBytes(limit) };
  };
  await admin.ensureTopics(topics.map(specOf));
};
