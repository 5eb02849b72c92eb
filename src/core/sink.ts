import type { Beginning } from './broker.js';
import type { TopicPartition } from './topic.js';
import type { Meta } from './transform.js';

/** A result of a transform; `value` null and `key` the record's key when the record was a tombstone (a delete). */
export type Result<T> = Readonly<{ value: T | null; key: string | null; meta: Meta }>;

/** Where a worker puts its results. */
export type Sink<T> = Readonly<{
  /**
   * Called once, before anything else.
   * @throws BridgeError `environment` when the place is not writable or held by another process, `integrity` when it is damaged
   */
  open?(): Promise<void>;
  /**
   * Called before each joining of the group, with where a person has asked to begin anew.
   * Gives where the group has to begin, whatever it has committed: a sink that keeps sums and has none wants everything again.
   * Without this method it is where the person asked.
   * @throws BridgeError `transient` when a server is away, `integrity` when what the sink holds is damaged
   */
  begin?(asked: Beginning | undefined): Promise<Beginning | undefined>;
  /**
   * Called on each assignment: the next offset the sink wants for a partition, where it knows better than the consumer group
   * (key: `partitionKey`). Results before these offsets are never written again.
   * @throws BridgeError `integrity` when what the sink holds is damaged.
   */
  resume?(assigned: readonly TopicPartition[]): Promise<ReadonlyMap<string, bigint>>;
  /**
   * Durable when it resolves. Results of one offset are written as one unit, or not at all.
   * @throws BridgeError `transient` when nothing of it counts: ask `resume` again and write what it still wants.
   * @throws BridgeError `record` when one of the results can never be written: nothing of it counts, and `check` tells which.
   */
  write(results: readonly Result<T>[]): Promise<void>;
  /**
   * Called with the results of one record at a time, after a write that failed with `record`. Changes nothing.
   * @throws when they cannot be written: the record goes to the dead letters
   */
  check?(results: readonly Result<T>[]): void;
  close?(): Promise<void>;
}>;
