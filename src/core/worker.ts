import type { IncomingBatch, IncomingRecord, OutgoingRecord, Publish, Subscribe } from './broker.js';
import type { Codec, TopicCodec } from './codec.js';
import { backoffMs, delayOrAbort } from './delay.js';
import { BridgeError, isTransient, messageOf } from './errors.js';
import type { Log } from './log.js';
import type { Result, Sink } from './sink.js';
import { deadLetterTopicOf, partitionKey, type Topic, type TopicPartition } from './topic.js';
import type { Meta, Transform } from './transform.js';

/** A member of a consumer group, and all that it takes to run it. */
export type WorkerRun<In, Out> = Readonly<{
  group: string;
  instance: string;
  topics: readonly Topic<In>[];
  transform: Transform<In, Out>;
  sink: Sink<Out>;
  codec: Codec;
  subscribe: Subscribe;
  publish: Publish;
  from?: 'beginning' | 'latest';
  log: Log;
  signal: AbortSignal;
  onAssigned?(assigned: readonly TopicPartition[]): void;
  /** Called after the commit of a batch. */
  onHandled?(at: TopicPartition, next: bigint, end: bigint, records: number): void;
  onReady?(ready: boolean): void;
  onMarker?(marker: WorkerMarker): void;
}>;

export type WorkerMarker = 'before-write' | 'after-write' | 'after-commit';

type Judged<Out> = Readonly<{ results: Result<Out>[]; dead: OutgoingRecord[] }>;

/** How many records are handled between two heartbeats. */
const SLICE = 2_000;

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
const judge = async <In, Out>(
  run: WorkerRun<In, Out>,
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

/** Tries again for as long as the failure is transient and the batch is ours, alive in the group meanwhile. False: no longer ours. */
const persist = async <In, Out>(run: WorkerRun<In, Out>, batch: IncomingBatch, call: () => Promise<void>): Promise<boolean> => {
  let said = '';
  for (let attempt = 0; ; attempt++) {
    if (batch.isStale() || run.signal.aborted) return false;
    try {
      await call();
      if (said !== '') run.onReady?.(true);
      return true;
    } catch (error) {
      if (!isTransient(error)) throw error;
      const { code } = error as BridgeError;
      if (code !== said) run.log.warn({ code, reason: messageOf(error) }, 'the batch waits');
      said = code;
      run.onReady?.(false);
      await delayOrAbort(Math.min(backoffMs(attempt), 2_000), run.signal);
      await batch.heartbeat();
    }
  }
};

/** Handles a slice of a batch: decode, transform, write, commit. False when the partition is no longer ours. */
const handleSlice = async <In, Out>(
  run: WorkerRun<In, Out>,
  codec: TopicCodec<In>,
  batch: IncomingBatch,
  records: readonly IncomingRecord[],
): Promise<boolean> => {
  const at = { topic: batch.topic, partition: batch.partition };
  let wanted = 0n;
  let begun = false;
  const done = await persist(run, batch, async () => {
    // After a failed write the sink is asked what it still wants: another may have taken its place meanwhile.
    if (begun) wanted = (await run.sink.resume?.([at]))?.get(partitionKey(at)) ?? wanted;
    begun = true;
    const judged: Judged<Out> = { results: [], dead: [] };
    for (const record of records) if (record.offset >= wanted) await judge(run, codec, at, record, judged);
    if (batch.isStale()) return;
    if (judged.dead.length > 0) await run.publish(deadLetterTopicOf(at.topic), [{ partition: 0, records: judged.dead }]);
    run.onMarker?.('before-write');
    if (judged.results.length > 0) await run.sink.write(judged.results);
    run.onMarker?.('after-write');
  });
  const last = records[records.length - 1];
  if (!done || last === undefined || batch.isStale()) return false;
  await batch.commit(last.offset + 1n);
  run.onMarker?.('after-commit');
  run.onHandled?.(at, last.offset + 1n, batch.endOffset, records.length);
  return true;
};

/**
 * Runs one member of a group until the signal aborts: decode, transform, write to the sink, then commit.
 * @throws BridgeError `transient` when a server went away: call again and it goes on where it stopped
 */
export const runWorker = async <In, Out>(run: WorkerRun<In, Out>): Promise<void> => {
  const codecs = new Map<string, TopicCodec<In>>();
  for (const topic of run.topics) codecs.set(topic.name, await run.codec.open(topic));
  await run.subscribe({
    group: run.group,
    clientId: run.instance,
    topics: run.topics.map(({ name }) => name),
    from: run.from ?? 'beginning',
    signal: run.signal,
    async onAssigned(assigned) {
      const partitions = assigned.map(({ partition }) => partition).sort((a, b) => a - b);
      run.log.info({ partitions }, 'partitions assigned');
      run.onAssigned?.(assigned);
      return (await run.sink.resume?.(assigned)) ?? new Map();
    },
    async onBatch(batch) {
      const codec = codecs.get(batch.topic);
      if (codec === undefined) return;
      for (let from = 0; from < batch.records.length; from += SLICE) {
        if (!(await handleSlice(run, codec, batch, batch.records.slice(from, from + SLICE)))) return;
        await batch.heartbeat();
      }
    },
  });
};
