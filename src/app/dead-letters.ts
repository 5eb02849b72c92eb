import { kafkaSubscribe } from '../adapters/kafka/subscribe.js';
import type { TopicReader } from '../core/broker.js';
import { type DeadLetter, deadLetterOf } from '../core/dead-letter.js';
import { BridgeError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { keepTrying } from '../core/patience.js';
import type { Pipeline, Row } from '../core/pipeline.js';
import { type Retried, retryDeadLetters, retryGroupOf } from '../core/retry.js';
import { deadLetterTopicOf, type Topic } from '../core/topic.js';
import type { Clients } from './clients.js';
import { nearest } from './nearest.js';
import { topicsOf } from './setup.js';

/** The topics of a pipeline, or the one that a person names. @throws BridgeError `configuration` with the nearest name */
export const deadLetterTopics = (pipeline: Pipeline, name: string | undefined): readonly Topic<Row>[] => {
  const topics = topicsOf(pipeline);
  if (name === undefined) return topics;
  const found = topics.filter((topic) => topic.name === name || deadLetterTopicOf(topic.name) === name);
  if (found.length > 0) return found;
  const names = topics.map((topic) => topic.name);
  throw new BridgeError({
    code: 'TOPIC_UNKNOWN',
    kind: 'configuration',
    found: `The pipeline has no topic '${name}'.`,
    fix: `${nearest(name, names)}The topics are: ${names.join(', ')}.`,
  });
};

/** The dead letters of a topic from an offset on, batch by batch. They are all our own. */
export async function* deadLetters(reader: TopicReader, topic: string, from = 0n): AsyncGenerator<readonly DeadLetter[]> {
  const at = { topic: deadLetterTopicOf(topic), partition: 0 };
  const end = (await reader.endOffsets(at.topic, 'own')).get(0) ?? 0n;
  for await (const records of reader.readRange(at, from, end, 'own')) yield records.map(deadLetterOf);
}

/** How far the dead letters of a topic were sent again: all below. */
export const retriedTo = async ({ admin }: Clients, topic: string): Promise<bigint> =>
  (await admin.committed(retryGroupOf(topic), deadLetterTopicOf(topic))).get(0) ?? 0n;

/** Dead letters that are alike. */
export type LetterCount = {
  reason: string;
  group: string | null;
  hasBytes: boolean;
  count: number;
  /** Not sent again yet. */
  waiting: number;
  first: number;
  last: number;
};

/** Reasons may hold values: beyond this many different ones the rest is counted as one. */
const MOST_REASONS = 1_000;

/** Counts dead letters by their reason and the group that could not handle them. */
export const countLetters = async (clients: Clients, topic: string): Promise<readonly LetterCount[]> => {
  const to = await retriedTo(clients, topic);
  const counts = new Map<string, LetterCount>();
  for await (const letters of deadLetters(clients.reader, topic))
    for (const { reason, group = null, origin, timestamp, offset } of letters) {
      const hasBytes = origin !== undefined;
      const exact = JSON.stringify([reason, group, hasBytes]);
      const rest = counts.size >= MOST_REASONS && !counts.has(exact);
      const key = rest ? JSON.stringify([group, hasBytes]) : exact;
      const known = counts.get(key) ?? {
        reason: rest ? 'other reasons' : reason,
        group,
        hasBytes,
        count: 0,
        waiting: 0,
        first: timestamp,
        last: timestamp,
      };
      known.count++;
      if (offset >= to) known.waiting++;
      known.first = Math.min(known.first, timestamp);
      known.last = Math.max(known.last, timestamp);
      counts.set(key, known);
    }
  return [...counts.values()].sort((a, b) => b.count - a.count);
};

const groupUnknown = (topic: string, group: string, readers: readonly string[]): BridgeError =>
  new BridgeError({
    code: 'RETRY_GROUP_UNKNOWN',
    kind: 'configuration',
    found: `The pipeline has no group '${group}' that reads '${topic}': nobody would get its dead letters.`,
    fix: `${nearest(group, readers)}The groups are: ${readers.join(', ')}.`,
  });

/** The groups that read a topic. */
const readersOf = ({ workers }: Pipeline, topic: string): readonly string[] =>
  workers.filter(({ from }) => from.some(({ name }) => name === topic)).map(({ name }) => name);

/** @throws BridgeError `configuration` when no group of this name reads one of the topics */
export const checkRetryGroup = (pipeline: Pipeline, topics: readonly Topic<Row>[], group: string): void => {
  for (const { name } of topics) {
    const readers = readersOf(pipeline, name);
    if (!readers.includes(group)) throw groupUnknown(name, group, readers);
  }
};

export type RetryOptions = Readonly<{
  clients: Clients;
  pipeline: Pipeline;
  topic: string;
  group?: string;
  max?: number;
  log: Log;
  signal: AbortSignal;
  forMs: number;
  onMarker?(marker: string): void;
}>;

/** Sends dead letters of a topic again. Undefined when it was told to stop. @throws BridgeError as `retryDeadLetters` does */
export const retryLetters = async (options: RetryOptions): Promise<Retried | undefined> => {
  const { clients, pipeline, topic, log, signal, forMs, onMarker } = options;
  const readers = readersOf(pipeline, topic);
  const group = options.group ?? (readers.length === 1 ? readers[0] : undefined);
  const counts: Retried = { retried: 0, already: 0, withoutBytes: 0 };
  const max = (): number | undefined =>
    options.max === undefined ? undefined : options.max - counts.retried - counts.already - counts.withoutBytes;
  const once = async (): Promise<true> => {
    const left = max();
    await retryDeadLetters(
      {
        topic,
        ...(group === undefined ? {} : { group }),
        committed: () => retriedTo(clients, topic),
        subscribe: kafkaSubscribe(clients.kafka),
        publish: clients.publish,
        reader: clients.reader,
        ...(left === undefined ? {} : { max: left }),
        log,
        signal,
        ...(onMarker === undefined ? {} : { onMarker }),
      },
      counts,
    );
    return true;
  };
  const done = await keepTrying(once, { log, signal, forMs });
  return done === undefined ? undefined : counts;
};
