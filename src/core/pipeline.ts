import type { Log } from './log.js';
import type { Output } from './output.js';
import type { Sink } from './sink.js';
import type { SqlConnection } from './sql.js';
import type { Topic } from './topic.js';
import type { Transform } from './transform.js';

/** A value whose fields are only known by name: a row of a table, a decoded record, a result. */
export type Row = Readonly<Record<string, unknown>>;

/** A table whose new and changed rows travel into a topic. */
export type TableSource = Readonly<{ kind: 'table'; table: string; cursor: string; key: string }>;

/** What a generator of events is given. */
export type GeneratorParts = Readonly<{
  /** The same seed gives the same events, but for their ids and times. */
  seed: string;
  /** Where `<pipeline>/<file>.json` lie, which people edit. */
  dataDirectory: string;
  /** For generators that draw from a list: at random, or one after the other as they stand in the file. */
  order: 'random' | 'file';
  /** The time, in microseconds since 1970. */
  nowMicros(): number;
}>;

/** Simulated events that travel into a topic. */
export type GeneratorSource<T = Row> = Readonly<{
  kind: 'generator';
  name: string;
  /** Events a second unless a person asks for another rate. */
  eventsPerSecond: number;
  /** Events a run unless a person asks for another count; without it a run has no end. */
  count?: number;
  /**
   * Begins a run: events without end.
   * @throws BridgeError `configuration` when a data file is missing or malformed
   */
  open(parts: GeneratorParts): Promise<Iterator<T, never>>;
}>;

export type TableFeed = Readonly<{ name: string; source: TableSource; topic: Topic<Row> }>;
export type GeneratorFeed = Readonly<{ name: string; source: GeneratorSource; topic: Topic<Row> }>;
export type FeedDefinition = TableFeed | GeneratorFeed;

/** What a sink may need of the world around it. */
export type SinkParts = Readonly<{
  /** The consumer group's id. */
  group: string;
  instance: string;
  /** Where sinks keep their files, one folder an instance. */
  directory: string;
  /** Where a sink that shows its results shows them. */
  output: Output;
  /** Whether they are for a machine: one JSON object a line. */
  json: boolean;
  /** After how many values numbers are shown, where a person has said so. */
  every?: number;
  /** After how many bytes a sink that appends to a file begins a new one; without it never. */
  rotateBytes?: number;
  readRecordTimestamp(topic: string, partition: number, offset: bigint): Promise<RecordTimestamp>;
  log: Log;
}>;

/** The timestamp of a record, or why there is none: `gone` by retention, or `beyond` the end of the topic. */
export type RecordTimestamp = Readonly<{ kind: 'found'; timestamp: number } | { kind: 'gone' } | { kind: 'beyond' }>;

export type WorkerDefinition = Readonly<{
  /** The consumer group's id. */
  name: string;
  /** How many members `up` starts. */
  instances: number;
  /** They are named `<instancePrefix>1` and so on; without a prefix there is one, with the group's name. */
  instancePrefix?: string;
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

/** The names of the members that `up` starts. */
export const instancesOf = ({ name, instances, instancePrefix }: WorkerDefinition): readonly string[] =>
  instancePrefix === undefined ? [name] : Array.from({ length: instances }, (_, index) => `${instancePrefix}${index + 1}`);

export const definePipeline = (pipeline: Pipeline): Pipeline => Object.freeze(pipeline);

/** A table as a source: `cursor` is the timestamp column that the database stamps on every change, `key` its primary key. */
export const table = (name: string, { cursor, key = 'id' }: Readonly<{ cursor: string; key?: string }>): TableSource => ({
  kind: 'table',
  table: name,
  cursor,
  key,
});

/** One source into one topic. The feed's name is the source's unless said otherwise. */
export const feed = <T extends Row>(
  source: TableSource | GeneratorSource<T>,
  topic: Topic<T>,
  name = source.kind === 'table' ? source.table : source.name,
): FeedDefinition => ({ name, source, topic }) as FeedDefinition;

export const tableFeeds = ({ feeds }: Pipeline): readonly TableFeed[] =>
  feeds.filter((one): one is TableFeed => one.source.kind === 'table');

export const generatorFeeds = ({ feeds }: Pipeline): readonly GeneratorFeed[] =>
  feeds.filter((one): one is GeneratorFeed => one.source.kind === 'generator');

/** A consumer group: what its members read, what they make of it, and where they put it. */
export const worker = <In extends Row, Out extends Row>(
  name: string,
  definition: Readonly<{
    /** One unless said otherwise. */
    instances?: number;
    /** Needed where there are several. */
    instancePrefix?: string;
    from: readonly Topic<In>[];
    transform: Transform<In, Out>;
    sink(parts: SinkParts): Sink<Row>;
  }>,
): WorkerDefinition => ({
  ...definition,
  name,
  instances: definition.instances ?? 1,
  // The codec of the topic vouches for the type of its values.
  transform: definition.transform as unknown as Transform<Row, Row>,
});
