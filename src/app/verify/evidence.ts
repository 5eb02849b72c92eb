import type { EndOffsets, IncomingRecord } from '../../core/broker.js';
import type { ReadBack } from '../../core/codec.js';
import type { Row } from '../../core/pipeline.js';
import type { Position } from '../../core/position.js';
import type { Replay } from '../../core/position-store.js';
import type { Topic } from '../../core/topic.js';
import type { Transform } from '../../core/transform.js';
import type { Lines } from '../../sinks/json-log/whole-lines.js';

/** A log of one instance, as far as it had come when it was listed. */
export type LogFile = Readonly<{
  instance: string;
  /** So much of it was there before any was listed: whatever was logged before these lines is in the files. */
  bytes: number;
  lines(): AsyncIterable<Lines>;
}>;

export type LogEvidence = Readonly<{
  files: readonly LogFile[];
  /** The consumer group that keeps the logs. */
  group: string;
  /** Rotated logs that were packed or moved away, and up to which offset of each partition lines may be in them. */
  away: Readonly<{ files: readonly string[]; upTo: ReadonlyMap<number, number> }>;
  /** What the workers make of a record. */
  transform: Transform<Row, Row>;
  /** Up to where each partition was committed. */
  committed: EndOffsets;
}>;

export type TableEvidence = Readonly<{
  key: string;
  cursor: string;
  /** Those that the capture reads. */
  columns: readonly string[];
  /** The rows as they are now, those fields of them that are asked for. */
  rows(deep: boolean): AsyncIterable<readonly Row[]>;
  /** About how many. */
  expectedRows: number;
  replays: readonly Replay[];
  /** How far the feed has read; null where it has read nothing. */
  position: Position | null;
  /** Whether the feed must have published a row at this position. */
  reached(row: Position): boolean;
  positionOf(row: Row): Position;
}>;

/** A version of a row that was committed. */
export type Commit = Readonly<{ key: string; timestamp: string }>;

/** All that a topic is judged by. */
export type Evidence = Readonly<{
  topic: Topic<Row>;
  codec: ReadBack<Row>;
  starts: EndOffsets;
  /** The cutoff: records from here on are not judged. */
  ends: EndOffsets;
  records(partition: number, from: number, to: number): AsyncIterable<readonly IncomingRecord[]>;
  /** Where the topic ends once the logs have been read. */
  endsNow(): Promise<EndOffsets>;
  deadLetters(): AsyncIterable<readonly IncomingRecord[]>;
  /** null: no worker of the topic keeps logs. */
  logs: LogEvidence | null;
  /** null: the records are simulated. */
  table: TableEvidence | null;
  /** Every version that was ever committed; null: nobody has written them down. */
  journal: (() => AsyncIterable<readonly Commit[]>) | null;
}>;

export type Phase = 'logs' | 'topic' | 'table' | 'order';

export type Judging = Readonly<{
  evidence: Evidence;
  /** Whether every field is compared. */
  deep: boolean;
  /** How many records are held in memory at one time. */
  mostRecords: number;
  signal: AbortSignal;
  /** Called with the bytes, records or rows that were read since the last call. */
  onProgress?(phase: Phase, read: number): void;
}>;
