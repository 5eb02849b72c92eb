import type { IncomingBatch, OutgoingRecord, PartitionRecords, Publish, Subscribe, TopicReader } from './broker.js';
import { type DeadLetter, deadLetterOf, originText, retryIdentity, retryRecord } from './dead-letter.js';
import { BridgeError } from './errors.js';
import type { Log } from './log.js';
import { alreadySent } from './retries-sent.js';
import { deadLetterTopicOf } from './topic.js';
import { hasReadAll, holdsRecord } from './unread.js';

/** The group that remembers how far the dead letters of a topic were sent again. One member at a time does it. */
export const retryGroupOf = (topic: string): string => `rowbridge-dlq-${topic}`;

export type RetryRun = Readonly<{
  /** Whose dead letters are sent again. */
  topic: string;
  /** The group for letters that name none; without it they are refused. */
  group?: string;
  /** The committed offset of `retryGroupOf`. */
  committed(): Promise<bigint>;
  subscribe: Subscribe;
  publish: Publish;
  reader: TopicReader;
  /** Ends after this many letters. */
  max?: number;
  log: Log;
  signal: AbortSignal;
  onMarker?(marker: 'retry-after-ack'): void;
  settleMs?: number;
}>;

export type Retried = {
  /** Sent again now. */
  retried: number;
  /** Sent again by a retry that was stopped before it could say so. */
  already: number;
  /** Rows that could not be published: there are no bytes; they travel again when they change, or with a replay. */
  withoutBytes: number;
};

const MOST_LETTERS = 100;

const busy = (topic: string): BridgeError =>
  new BridgeError({
    code: 'RETRY_BUSY',
    kind: 'environment',
    found: `Another retry of the dead letters of '${topic}' is under way.`,
    fix: 'Wait for its end.',
  });

const groupNeeded = ({ offset, topic }: DeadLetter): BridgeError =>
  new BridgeError({
    code: 'RETRY_GROUP_MISSING',
    kind: 'configuration',
    found: `The dead letter ${offset} of '${topic}' does not say which consumer group could not handle it, and several read the topic.`,
    fix: 'Add --group NAME: only that group gets such letters again.',
  });

const sendAgain = async (
  run: RetryRun,
  letters: readonly DeadLetter[],
  sent: ReadonlySet<string>,
  counts: Retried,
): Promise<void> => {
  const partitions = new Map<number, OutgoingRecord[]>();
  const now: Retried = { retried: 0, already: 0, withoutBytes: 0 };
  for (const letter of letters) {
    const { origin, group = run.group } = letter;
    if (origin === undefined) now.withoutBytes++;
    else if (sent.has(retryIdentity(letter.offset, originText(origin)))) now.already++;
    else {
      if (group === undefined) throw groupNeeded(letter);
      const records = partitions.get(origin.partition) ?? [];
      records.push(retryRecord(letter, origin, group));
      partitions.set(origin.partition, records);
      now.retried++;
    }
  }
  const batches: PartitionRecords[] = [...partitions].map(([partition, records]) => ({ partition, records }));
  if (batches.length > 0) await run.publish(run.topic, batches);
  counts.retried += now.retried;
  counts.already += now.already;
  counts.withoutBytes += now.withoutBytes;
};

/**
 * Sends dead letters again, each exactly once, to the partition that it came from and for the group that could not handle it.
 * Publish, wait for the acknowledgement, commit; whoever goes on after a kill first looks into the topic for what was sent.
 * Asked again after a failure it goes on where it stopped. A letter that fails again becomes a new letter.
 * @throws BridgeError `environment` when another retry is under way, `transient` when a server is away
 */
export const retryDeadLetters = async (run: RetryRun, counts: Retried): Promise<void> => {
  const letters = deadLetterTopicOf(run.topic);
  const ends = await run.reader.endOffsets(letters);
  let left = run.max ?? Number.POSITIVE_INFINITY;
  if (left <= 0 || (await hasReadAll(run.reader, letters, { committed: new Map([[0, await run.committed()]]), ends }))) return;
  const end = ends.get(0) ?? 0n;
  const over = new AbortController();
  const signal = AbortSignal.any([run.signal, over.signal]);
  let sent: ReadonlySet<string> = new Set();
  let refused: BridgeError | undefined;
  const handle = async (batch: IncomingBatch): Promise<void> => {
    for (let at = 0; at < batch.records.length && left > 0; at += MOST_LETTERS) {
      const records = batch.records.slice(at, at + Math.min(MOST_LETTERS, left)).filter(({ offset }) => offset < end);
      const last = records.at(-1);
      if (last === undefined) break;
      // Another retry may have the letters by now; and a stopped one has not looked at what was sent.
      if (batch.isStale() || run.signal.aborted) return;
      await sendAgain(run, records.map(deadLetterOf), sent, counts);
      run.onMarker?.('retry-after-ack');
      await batch.commit(last.offset + 1n);
      await batch.heartbeat();
      left -= records.length;
      if (!(await holdsRecord(run.reader, { topic: letters, partition: 0 }, last.offset + 1n, end))) left = 0;
    }
    if (left <= 0) over.abort();
  };
  await run.subscribe({
    group: retryGroupOf(run.topic),
    clientId: 'rowbridge-dlq',
    topics: [letters],
    signal,
    async onAssigned(assigned) {
      if (assigned.length > 0) sent = await alreadySent(run);
      else {
        refused = busy(run.topic);
        over.abort();
      }
      return new Map();
    },
    onBatch: handle,
  });
  if (refused !== undefined) throw refused;
};
