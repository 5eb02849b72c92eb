import type { Beginning, IncomingBatch, IncomingRecord, Publish, Subscribe } from './broker.js';
import type { Codec, TopicCodec } from './codec.js';
import { type DeadLetters, deadLetters } from './dead-letters.js';
import { isOfRecord } from './errors.js';
import { type Judged, type Judging, judge } from './judge.js';
import type { Log } from './log.js';
import { persist } from './persist.js';
import type { Sink } from './sink.js';
import { partitionKey, partitionsByTopic, type Topic, type TopicPartition } from './topic.js';
import type { Transform } from './transform.js';

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
  /** Without it any number of dead letters is written. */
  deadLetters?: DeadLetters;
  /** Where to begin anew, whatever the group has committed; undefined: where the group stopped. */
  from?: Beginning;
  /** Makes the group begin there. */
  rewind(to: Beginning): Promise<void>;
  /** Ends after this many results; those of one record stay together. */
  max?: number;
  log: Log;
  signal: AbortSignal;
  onAssigned?(assigned: readonly TopicPartition[]): void;
  /** Called after the commit of a batch. */
  onHandled?(at: TopicPartition, next: bigint, end: bigint, records: number, results: number): void;
  onReady?(ready: boolean): void;
  onMarker?(marker: WorkerMarker): void;
}>;

export type WorkerMarker = 'before-write' | 'after-write' | 'after-commit';

/** How many records are handled between two heartbeats. */
const SLICE = 5_000;

/** How many records of a slice were handled, and how many results they gave. */
type Handled = Readonly<{ records: number; results: number }>;

/**
 * Handles a slice of a batch: decode, transform, write, commit. Where the sink can never write a result, its record goes to the dead
 * letters and the others are written. Ends early behind the record that gave the last result wanted.
 * Undefined when the partition is no longer ours.
 */
const handleSlice = async <In, Out>(
  run: WorkerRun<In, Out>,
  codec: TopicCodec<In>,
  batch: IncomingBatch,
  records: readonly IncomingRecord[],
  assigned: readonly TopicPartition[],
  most: number,
): Promise<Handled | undefined> => {
  const at = { topic: batch.topic, partition: batch.partition };
  let handled: readonly IncomingRecord[] = [];
  let results = 0;
  let wanted = 0n;
  let begun = false;
  const dead = new Set<bigint>();
  let judging: Judging<In, Out> = run;
  const attempt = async (): Promise<void> => {
    // After a failed write the sink is asked what it still wants: another may have taken its place meanwhile.
    if (begun) wanted = (await run.sink.resume?.(assigned))?.get(partitionKey(at)) ?? wanted;
    begun = true;
    const judged: Judged<Out> = { results: [], dead: [] };
    let seen = 0;
    for (; seen < records.length && judged.results.length < most; seen++) {
      const record = records[seen] as IncomingRecord;
      if (record.offset >= wanted && !dead.has(record.offset)) await judge(judging, codec, at, record, judged);
    }
    if (batch.isStale()) return;
    await (run.deadLetters ?? deadLetters(run.publish))(
      at.topic,
      judged.dead.map(({ letter }) => letter),
    );
    // They are not written again with a write that is tried again.
    for (const { offset } of judged.dead) dead.add(offset);
    run.onMarker?.('before-write');
    if (judged.results.length > 0) await run.sink.write(judged.results);
    run.onMarker?.('after-write');
    handled = records.slice(0, seen);
    results = judged.results.length;
  };
  const done = await persist(run, batch, async () => {
    try {
      await attempt();
    } catch (error) {
      const { check } = run.sink;
      if (!isOfRecord(error) || check === undefined || judging !== run) throw error;
      // Nothing was written. From here on the results of each record are tried first.
      judging = { ...run, check };
      await attempt();
    }
  });
  const last = handled[handled.length - 1];
  if (!done || last === undefined || batch.isStale()) return undefined;
  await batch.commit(last.offset + 1n);
  run.onMarker?.('after-commit');
  run.onHandled?.(at, last.offset + 1n, batch.endOffset, handled.length, results);
  return { records: handled.length, results };
};

/**
 * Runs one member of a group until the signal aborts: decode, transform, write to the sink, then commit.
 * @throws BridgeError `transient` when a server went away: call again and it goes on where it stopped
 */
export const runWorker = async <In, Out>(run: WorkerRun<In, Out>): Promise<void> => {
  const from = run.sink.begin === undefined ? run.from : await run.sink.begin(run.from);
  if (from !== undefined) await run.rewind(from);
  const enough = new AbortController();
  const signal = AbortSignal.any([run.signal, enough.signal]);
  let left = run.max ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  let all: readonly TopicPartition[] = [];
  const codecs = new Map<string, TopicCodec<In>>();
  for (const topic of run.topics) codecs.set(topic.name, await run.codec.open(topic));
  await run.subscribe({
    group: run.group,
    clientId: run.instance,
    topics: run.topics.map(({ name }) => name),
    signal,
    async onAssigned(assigned) {
      all = assigned;
      run.log.info({ partitions: partitionsByTopic(assigned) }, 'partitions assigned');
      run.onAssigned?.(assigned);
      return (await run.sink.resume?.(assigned)) ?? new Map();
    },
    async onBatch(batch) {
      const codec = codecs.get(batch.topic);
      if (codec === undefined) return;
      for (let at = 0; at < batch.records.length && left > 0; ) {
        const handled = await handleSlice(run, codec, batch, batch.records.slice(at, at + SLICE), all, left);
        if (handled === undefined) return;
        at += handled.records;
        left -= handled.results;
        await batch.heartbeat();
      }
      if (left <= 0) enough.abort();
    },
  });
};
