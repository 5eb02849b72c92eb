import type { Position } from './position.js';

/** What a feed was reading from when it saved. A field that could not be learnt is left out and not compared. */
export type Origin = Readonly<{ server?: string; tableCreated?: string; cluster?: string }>;

/** One beginning of a feed: where it read from, and the topic's end offsets just before its first record. */
export type Replay = Readonly<{ at: string; from: string | null; endOffsets: ReadonlyMap<number, bigint> }>;

/** All that a feed has to remember. */
export type FeedState = Readonly<{
  position: Position | null;
  /** Where a restart reads on from, when that lies before `position`: values behind the position may still turn up. */
  settled?: Position;
  /** Values after it may have been missed: the source has to be told, to read them again when it can be sure of them. */
  doubtFrom?: Position;
  /** Everything below these offsets of the topic is accounted for by `position`, or by `settled` where there is one. */
  endOffsets: ReadonlyMap<number, bigint>;
  /** When the source was last read, by our clock (ISO 8601); missing until it has been since the feed began. */
  readAt?: string;
  /** True when the feed ended in an orderly way: no request of it can still reach the broker. */
  clean: boolean;
  origin: Origin;
  replays: readonly Replay[];
}>;

/**
 * What the store found:
 * - `saved`: go on from there
 * - `replay`: read from `from` (null: the beginning) and suppress nothing: a first start, an edit, or a request;
 *   `previous` is what the old state still tells
 */
export type Found =
  | Readonly<{ kind: 'saved'; state: FeedState }>
  | Readonly<{
      kind: 'replay';
      from: Position | null;
      previous: FeedState | null;
      /** There was no state at all when this process first looked: nobody can have taken it away while we ran. */
      missing?: true;
    }>;

/** Keeps a feed's state where people can read and edit it. */
export type PositionStore = Readonly<{
  /** @throws BridgeError `configuration` when what is there cannot be understood; it is left as it is. */
  load(): Promise<Found>;
  /**
   * Durable when it resolves with true. False: somebody has edited the state since the last load or save, nothing was written; load again.
   * @throws BridgeError `environment` when it cannot be written
   */
  save(state: FeedState): Promise<boolean>;
  /** Whether somebody has edited the state, or asked for a replay, since the last load or save. Cheap. */
  edited(): Promise<boolean>;
  /** Puts the state away under a name with the time, and returns that name. */
  setAside(): Promise<string>;
}>;
