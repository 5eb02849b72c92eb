import type { Column } from './column.js';
import type { Position } from './position.js';

/**
 * Some values in the source's order, and the position after the last of them: everything up to there has been read.
 * A batch without values is a heartbeat: the source has looked and there was nothing more to read. Its position may lie
 * ahead of the last value's; null where the source cannot tell yet.
 */
export type Batch<T> = Readonly<{
  values: readonly T[];
  position: Position | null;
  /** Where it lies before `position`: values after it may still turn up, and who starts anew has to read on from here. */
  settled?: Position;
  /** Values after it may have been missed; the source reads them again when it can be sure of them, also after a restart. */
  doubtFrom?: Position;
  /**
   * Values after this position, which lies before the one that the read began at, or so far back that the source no longer knows what
   * it has given, may have been missed. The read ends with such a batch; the next one has to begin there.
   */
  again?: Position;
}>;

export type ReadFrom = Readonly<{
  after: Position | null;
  signal: AbortSignal;
  columns?: readonly Column[];
  /** Where an earlier read goes on: when that was, by our clock in milliseconds since 1970, where it had come to, what was in doubt. */
  last?: Readonly<{ atMs: number; position: Position | null; doubtFrom?: Position }>;
}>;

/** Something that can be read on from a position: a capture of a table, or a generator of events. */
export type Source<T> = Readonly<{
  name: string;
  /** The position of one value, in a form that is the same for a value read from the source and one decoded from the topic. */
  positionOf(value: T): Position;
  /** Negative when `a` comes before `b` in the source's order. */
  compare(a: Position, b: Position): number;
  /** @throws BridgeError `configuration` when a person's wish to begin at a position cannot be fulfilled, now or later */
  checkBeginning?(position: Position): Promise<void>;
  /** Whether anything up to a position is still there: false tells that the place was made anew. */
  holdsUpTo?(position: Position): Promise<boolean>;
  /**
   * What its values are made of now, for sources where that may change.
   * @throws BridgeError `configuration` when it can no longer be read
   */
  columns?(): Promise<readonly Column[]>;
  /**
   * Reads on after a position (null: from the beginning) until the signal aborts.
   * Gives a batch as soon as there is one, and a heartbeat at least once per poll.
   * Given columns, it ends before the first value that is made of others.
   * @throws BridgeError `transient` when the server is away: read again from the last position.
   */
  read(from: ReadFrom): AsyncIterable<Batch<T>>;
}>;
