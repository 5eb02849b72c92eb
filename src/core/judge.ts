import type { IncomingRecord, OutgoingRecord } from './broker.js';
import type { TopicCodec } from './codec.js';
import { BridgeError, isOfRecord } from './errors.js';
import type { Log } from './log.js';
import { reasonOf } from './reason.js';
import { RETRY_GROUP_HEADER } from './retry-headers.js';
import type { Result, Sink } from './sink.js';
import type { TopicPartition } from './topic.js';
import type { Meta, Transform } from './transform.js';

/** What has become of records: results for the sink, and those that cannot be handled. */
export type Judged<Out> = Readonly<{ results: Result<Out>[]; dead: Readonly<{ offset: bigint; letter: OutgoingRecord }>[] }>;

const deadLetter = (
  { key, value, offset }: IncomingRecord,
  { topic, partition }: TopicPartition,
  group: string,
  reason: string,
): OutgoingRecord => ({
  key,
  value,
  headers: {
    'rowbridge.reason': reason,
    'rowbridge.topic': topic,
    'rowbridge.partition': String(partition),
    'rowbridge.offset': String(offset),
    'rowbridge.group': group,
  },
});

/** A record that was sent again for a group that could not handle it: the others have had it already. */
export const isForAnother = ({ headers }: IncomingRecord, group: string): boolean => {
  const wanted = headers[RETRY_GROUP_HEADER];
  return wanted !== undefined && wanted.toString() !== group;
};

/** `check`: the sink's, where the results are to be tried before they count. */
export type Judging<In, Out> = Readonly<{ group: string; transform: Transform<In, Out>; log: Log }> & Pick<Sink<Out>, 'check'>;

/** Adds what the transform makes of a record to the results, or the record to the dead letters. */
export const judge = async <In, Out>(
  run: Judging<In, Out>,
  codec: TopicCodec<In>,
  at: TopicPartition,
  record: IncomingRecord,
  { results, dead }: Judged<Out>,
): Promise<void> => {
  if (isForAnother(record, run.group)) return;
  const meta: Meta = { topic: at.topic, partition: at.partition, offset: record.offset, timestamp: record.timestamp };
  if (record.value === null) {
    results.push({ value: null, key: record.key?.toString() ?? null, meta });
    return;
  }
  const before = results.length;
  try {
    const decoded = codec.decode(record.value);
    const value = decoded instanceof Promise ? await decoded : decoded;
    for (const out of run.transform(value, meta)) results.push({ value: out, key: null, meta });
    run.check?.(results.slice(before));
  } catch (error) {
    if (error instanceof BridgeError && !isOfRecord(error)) throw error;
    results.length = before;
    const reason = reasonOf(error);
    run.log.error({ ...meta, offset: String(meta.offset), reason }, 'a record went to the dead letters');
    dead.push({ offset: record.offset, letter: deadLetter(record, at, run.group, reason) });
  }
};
