import type { TopicPartition } from './topic.js';

export type Headers = Readonly<Record<string, string>>;

export type OutgoingRecord = Readonly<{ key: Buffer | null; value: Buffer | null; headers?: Headers }>;

/** Records for one partition, in the order in which they are to stand there. */
export type PartitionRecords = Readonly<{ partition: number; records: readonly OutgoingRecord[] }>;

/** Partition -> the offset that the next record will get. */
export type EndOffsets = ReadonlyMap<number, bigint>;

/**
 * Resolves when every record is acknowledged by all in-sync replicas, with the end offset of each partition written to.
 * @param allowed asked each time just before records leave this process; once it says no, none leave any more
 * @throws BridgeError `transient` when the outcome is unknown: some of the records may be in the topic.
 */
export type Publish = (topic: string, batches: readonly PartitionRecords[], allowed?: () => boolean) => Promise<EndOffsets>;

export type IncomingRecord = Readonly<{
  offset: bigint;
  /** Milliseconds since 1970, as Kafka keeps it. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: Readonly<Record<string, Buffer>>;
}>;

/**
 * Which records of a topic are meant, where other producers write to it in transactions. Marks of transactions are in neither.
 * - `committed`: what a worker can be handed. Nothing of an aborted transaction; it ends before the first record of an open one
 *   (the last stable offset).
 * - `own`: what rowbridge itself may have put there, which never writes in transactions. Nothing of any transaction; it goes on
 *   behind an open one, to the last record that is acknowledged (the high watermark).
 */
export type Reading = 'committed' | 'own';

/** Reads a topic apart from any consumer group: what is committed unless said otherwise. */
export type TopicReader = Readonly<{
  endOffsets(topic: string, reading?: Reading): Promise<EndOffsets>;
  startOffsets(topic: string): Promise<EndOffsets>;
  /**
   * Resolves when every replica that counts answers. Until then the leaders may hold records that nobody can see yet.
   * @throws BridgeError `transient` when one does not answer
   */
  inSyncAnswer(topic: string): Promise<void>;
  /**
   * Records with `from <= offset < to`, where `to` is no further than the end of this reading; offsets that the topic no longer
   * holds, or that are not meant, are passed over.
   */
  readRange(at: TopicPartition, from: bigint, to: bigint, reading?: Reading): AsyncIterable<readonly IncomingRecord[]>;
}>;

/** A run of records of one partition, handed to a member of a consumer group. */
export type IncomingBatch = Readonly<{
  topic: string;
  partition: number;
  records: readonly IncomingRecord[];
  /** The end of the partition when the batch was fetched. */
  endOffset: bigint;
  /** True once the partition may belong to another member: nothing of the batch may be written any more. */
  isStale(): boolean;
  /** To be called at least every few seconds while a batch is being handled. */
  heartbeat(): Promise<void>;
  /** Commits: `next` is the offset to go on from. */
  commit(next: bigint): Promise<void>;
}>;

/** An end of a topic to begin at. */
export type Beginning = 'beginning' | 'latest';

export type Subscription = Readonly<{
  group: string;
  /** How this member is named on the broker's side. */
  clientId: string;
  topics: readonly string[];
  signal: AbortSignal;
  /**
   * Called on each assignment, before its first batch.
   * What it gives back are offsets to go on from where the group's committed ones are lower (key: `partitionKey`).
   */
  onAssigned(assigned: readonly TopicPartition[]): Promise<ReadonlyMap<string, bigint>>;
  onBatch(batch: IncomingBatch): Promise<void>;
}>;

/**
 * Joins a consumer group and hands on batches until the signal aborts; resolves when the batch in hand is done and the member has left.
 * @throws BridgeError when a handler failed with anything but a transient error.
 */
export type Subscribe = (subscription: Subscription) => Promise<void>;
