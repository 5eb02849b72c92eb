import type { IncomingRecord, OutgoingRecord } from './broker.js';
import type { TopicCodec } from './codec.js';
import { BridgeError, isTransient, messageOf } from './errors.js';
import type { Log } from './log.js';
import type { Result } from './sink.js';
import type { TopicPartition } from './topic.js';
import type { Meta, Transform } from './transform.js';

/** What has become of records: results for the sink, and those that cannot be handled. */
export type Judged<Out> = Readonly<{ results: Result<Out>[]; dead: OutgoingRecord[] }>;

const deadLetter = (
  { key, value, offset }: IncomingRecord,
  { topic, partition }: TopicPartition,
  reason: string,
): OutgoingRecord => ({
  key,
  value,
  headers: {
    'rowbridge.reason': reason,
    'rowbridge.topic': topic,
    'rowbridge.partition': String(partition),
    'rowbridge.offset': String(offset),
  },
});

/** Adds what the transform makes of a record to the results, or the record to the dead letters. */
export const judge = async <In, Out>(
  run: Readonly<{ transform: Transform<In, Out>; log: Log }>,
  codec: TopicCodec<In>,
  at: TopicPartition,
  record: IncomingRecord,
  { results, dead }: Judged<Out>,
): Promise<void> => {
  const meta: Meta = { topic: at.topic, partition: at.partition, offset: record.offset, timestamp: record.timestamp };
  if (record.value === null) {
    results.push({ value: null, key: record.key?.toString() ?? null, meta });
    return;
  }
  try {
    const decoded = codec.decode(record.value);
    const value = decoded instanceof Promise ? await decoded : decoded;
    for (const out of run.transform(value, meta)) results.push({ value: out, key: null, meta });
  } catch (error) {
    if (isTransient(error)) throw error;
    if (error instanceof BridgeError && error.kind !== 'record') throw error;
    run.log.error({ ...meta, offset: String(meta.offset), reason: messageOf(error) }, 'a record went to the dead letters');
    dead.push(deadLetter(record, at, messageOf(error)));
  }
};
