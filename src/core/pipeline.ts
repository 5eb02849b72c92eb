import type { Log } from './log.js';
import type { Sink } from './sink.js';
import type { SqlConnection } from './sql.js';
import type { Topic } from './topic.js';
import type { Transform } from './transform.js';

/** A value whose fields are only known by name: a row of a table, a decoded record, a result. */
export type Row = Readonly<Record<string, unknown>>;

/** A table whose new and changed rows travel into a topic. */
export type TableSource = Readonly<{ table: string; cursor: string; key: string }>;

export type FeedDefinition = Readonly<{ name: string; source: TableSource; topic: Topic<Row> }>;

/** What a sink may need of the world around it. */
export type SinkParts = Readonly<{
  instance: string;
  /** Where sinks keep their files, one folder an instance. */
  directory: string;
  readRecordTimestamp(topic: string, partition: number, offset: bigint): Promise<RecordTimestamp>;
  log: Log;
}>;

/** The timestamp of a record, or why there is none: `gone` by retention, or `beyond` the end of the topic. */
export type RecordTimestamp = Readonly<{ kind: 'found'; timestamp: number } | { kind: 'gone' } | { kind: 'beyond' }>;

export type WorkerDefinition = Readonly<{
  /** The consumer group's id. */
  name: string;
  /** How many members `up` starts, named `<instancePrefix>1` and so on. */
  instances: number;
  instancePrefix: string;
  from: readonly Topic<Row>[];
  transform: Transform<Row, Row>;
  sink(parts: SinkParts): Sink<Row>;
}>;

export type UpdaterParts = Readonly<{
  connect(): Promise<SqlConnection>;
  /** Changes per second; 0 for as fast as it can. */
  rate?: number;
  count?: number;
  seed?: number | string;
  /** Only the seed rows. */
  once?: boolean;
  /** How long a server that is away is waited for; undefined for ever. */
  forMs?: number;
  signal: AbortSignal;
  log: Log;
  onProgress?(progress: UpdaterCounts): void;
}>;

export type UpdaterCounts = Readonly<{ seeded: number; changed: number }>;

/** A named set of feeds and workers; its name is the name of its folder. */
export type Pipeline = Readonly<{
  summary: string;
  feeds: readonly FeedDefinition[];
  workers: readonly WorkerDefinition[];
  /** Plays the application whose rows are captured: seeds the tables, then changes them. */
  updater?(parts: UpdaterParts): Promise<UpdaterCounts>;
}>;

export const definePipeline = (pipeline: Pipeline): Pipeline => Object.freeze(pipeline);

/** A table as a source: `cursor` is the timestamp column that the database stamps on every change, `key` its primary key. */
export const table = (name: string, { cursor, key = 'id' }: Readonly<{ cursor: string; key?: string }>): TableSource => ({
  table: name,
  cursor,
  key,
});

/** One table into one topic. The feed's name is the table's unless said otherwise. */
export const feed = <T extends Row>(source: TableSource, topic: Topic<T>, name = source.table): FeedDefinition => ({
  name,
  source,
  topic,
});

/** A consumer group: what its members read, what they make of it, and where they put it. */
export const worker = <In extends Row, Out extends Row>(
  name: string,
  definition: Readonly<{
    instances: number;
    instancePrefix?: string;
    from: readonly Topic<In>[];
    transform: Transform<In, Out>;
    sink(parts: SinkParts): Sink<Row>;
  }>,
): WorkerDefinition => ({
  ...definition,
  name,
  instancePrefix: definition.instancePrefix ?? 'consumer_',
  // The codec of the topic vouches for the type of its values.
  transform: definition.transform as unknown as Transform<Row, Row>,
});
