import type { EndOffsets, OutgoingRecord, PartitionRecords, Publish } from './broker.js';
import type { TopicCodec } from './codec.js';
import { type DeadLetters, deadLetters } from './dead-letters.js';
import { BridgeError, isOfRecord } from './errors.js';
import type { Log } from './log.js';
import { partitionOf } from './partition.js';
import { reasonOf } from './reason.js';
import type { Topic } from './topic.js';

/**
 * Larger records go to the dead letters: the broker takes 1 MiB a batch by default, its header and the record's included.
 */
export const MOST_RECORD_BYTES = 900_000;

const tooLarge = (bytes: number): BridgeError =>
  new BridgeError({
    code: 'RECORD_TOO_LARGE',
    kind: 'record',
    found: `The record has ${bytes} bytes, the limit is ${MOST_RECORD_BYTES}.`,
    fix: 'Shorten the row, or leave the column out of the schema.',
  });

const keyMissing = (topic: string): BridgeError =>
  new BridgeError({
    code: 'KEY_MISSING',
    kind: 'record',
    found: `The value has no key for '${topic}'.`,
    fix: 'Give it the field that the key is made of.',
  });

/** null where a value has none: what it lacks the codec says better. */
const keyOf = <T>(topic: Topic<T>, value: T): Buffer | null => {
  try {
    return Buffer.from(topic.key(value));
  } catch {
    return null;
  }
};

/** A value that cannot travel: its key, where it has one, and the reason, since there are no bytes. */
const deadLetter = (key: Buffer | null, topic: string, reason: string): OutgoingRecord => ({
  key,
  value: Buffer.alloc(0),
  headers: { 'rowbridge.reason': reason, 'rowbridge.topic': topic },
});

export type Published = Readonly<{
  /** Of the partitions written to. */
  ends: EndOffsets;
  /** How many of the values are in the topic; the others are in its dead letters. */
  acknowledged: number;
}>;

/**
 * Encodes values, groups them by partition and publishes them; what does not fit goes to the topic's dead letters first.
 * Resolves when everything is acknowledged.
 * @throws BridgeError `integrity` when there are too many dead letters: nothing of the batch is published then
 */
export const publishBatch = async <T>(
  run: Readonly<{ topic: Topic<T>; publish: Publish; deadLetters?: DeadLetters; log: Log }>,
  codec: TopicCodec<T>,
  values: readonly T[],
): Promise<Published> => {
  const { topic } = run;
  const partitions: OutgoingRecord[][] = Array.from({ length: topic.partitions }, () => []);
  const dead: OutgoingRecord[] = [];
  for (const value of values) {
    const key = keyOf(topic, value);
    try {
      const bytes = codec.encode(value);
      if (key === null) throw keyMissing(topic.name);
      if (bytes.length + key.length > MOST_RECORD_BYTES) throw tooLarge(bytes.length + key.length);
      partitions[partitionOf(key, topic.partitions)]?.push({ key, value: bytes });
    } catch (error) {
      if (!isOfRecord(error)) throw error;
      const reason = reasonOf(error);
      run.log.error({ key: key?.toString() ?? null, code: error.code, reason }, 'a value went to the dead letters');
      dead.push(deadLetter(key, topic.name, reason));
    }
  }
  await (run.deadLetters ?? deadLetters(run.publish))(topic.name, dead);
  const batches: PartitionRecords[] = partitions.flatMap((records, partition) =>
    records.length === 0 ? [] : { partition, records },
  );
  const ends: EndOffsets = batches.length === 0 ? new Map() : await run.publish(topic.name, batches);
  return { ends, acknowledged: values.length - dead.length };
};
