import { peekState } from '../adapters/files/state-file.js';
import { openConnection } from '../adapters/mysql/connect.js';
import { feedLockName, feedLockRole } from '../adapters/mysql/lock.js';
import { type Contenders, contendersOf } from '../adapters/mysql/lock-holder.js';
import { inspectTable } from '../captures/polling/inspect.js';
import type { Config } from '../config.js';
import type { Guarantee } from '../core/guarantee.js';
import type { Log } from '../core/log.js';
import { type GeneratorFeed, generatorFeeds, type Pipeline, tableFeeds, type WorkerDefinition } from '../core/pipeline.js';
import type { Position } from '../core/position.js';
import { partitionKey } from '../core/topic.js';
import { leftToRead } from '../core/unread.js';
import { instanceLogs } from '../sinks/json-log/index.js';
import type { Clients } from './clients.js';
import { captureOptions, stateDirectory, type TableFeedOptions } from './table-feed.js';

export type FeedStatus = Readonly<{
  name: string;
  table: string;
  topic: string;
  /** The process that runs the feed; null when none does. */
  active: string | null;
  /** The processes that wait for it. */
  standby: readonly string[];
  guarantee: Guarantee['level'];
  reason: string;
  /** How far the feed has saved; null before its first row. */
  position: Position | null;
  /** Age of the oldest row that waits; 0 when none does. */
  ageSeconds: number;
  rowsWaiting: number;
}>;

export type PartitionStatus = Readonly<{
  topic: string;
  partition: number;
  /** The group's committed offset; null before the first commit. */
  committed: string | null;
  /** The last offset in this instance's log; null where it has none of this partition. */
  logged: string | null;
  end: string;
  /** How many offsets the group has left to read, of those that the topic still holds and hands out. */
  lag: number;
}>;

export type WorkerStatus = Readonly<{
  group: string;
  instance: string;
  running: boolean;
  partitions: readonly PartitionStatus[];
}>;

export type StatusOptions = Readonly<{ config: Config; clients: Clients; pipeline: Pipeline; log: Log; signal: AbortSignal }>;

/** A generator keeps no position: what it has published stands in its topic. */
export type GeneratorStatus = Readonly<{ name: string; topic: string; records: number }>;

export type Status = Readonly<{
  feeds: readonly FeedStatus[];
  generators: readonly GeneratorStatus[];
  workers: readonly WorkerStatus[];
}>;

const contenders = async ({ capture, database }: Clients, feed: string): Promise<Contenders> => {
  const connection = await openConnection(capture, { role: 'status' });
  try {
    return await contendersOf(connection, feedLockName(database, feed), feedLockRole(database, feed));
  } finally {
    await connection.close();
  }
};

const feedStatus = async (options: TableFeedOptions): Promise<FeedStatus> => {
  const { config, definition } = options;
  const stored = await peekState(stateDirectory(config, definition));
  const position = stored === null ? null : stored.edited || stored.state === null ? stored.from : stored.state.position;
  const { guarantee, rows, ageSeconds } = await inspectTable(captureOptions(options), position);
  const { name, source, topic } = definition;
  const { active, standby } = await contenders(options.clients, name);
  return {
    name,
    table: source.table,
    topic: topic.name,
    active,
    standby,
    guarantee: guarantee.level,
    reason: guarantee.reason,
    position,
    ageSeconds,
    rowsWaiting: rows,
  };
};

const generatorStatus = async ({ reader }: Clients, { name, topic }: GeneratorFeed): Promise<GeneratorStatus> => {
  const [starts, ends] = [await reader.startOffsets(topic.name), await reader.endOffsets(topic.name)];
  const records = [...ends].reduce((sum, [partition, end]) => sum + Number(end - (starts.get(partition) ?? 0n)), 0);
  return { name, topic: topic.name, records };
};

/** Everybody who is or was a member: the living ones with what they are assigned, the others with what only their log knows. */
const workerStatuses = async (
  { clients, config }: StatusOptions,
  { name: group, from, instancePrefix }: WorkerDefinition,
): Promise<WorkerStatus[]> => {
  const living = await clients.admin.members(group);
  const assigned = new Set([...living.values()].flat().map(partitionKey));
  const logs = await instanceLogs(config.logsDirectory);
  const offsets = new Map<string, { committed: bigint | undefined; end: bigint; lag: bigint }>();
  for (const { name: topic } of from) {
    const committed = await clients.admin.committed(group, topic);
    const ends = await clients.reader.endOffsets(topic);
    for await (const { partition, left } of leftToRead(clients.reader, topic, { committed, ends }))
      offsets.set(partitionKey({ topic, partition }), {
        committed: committed.get(partition),
        end: ends.get(partition) ?? 0n,
        lag: left,
      });
  }
  const ofThisWorker = [...logs].filter(([, logged]) => [...logged.keys()].some((key) => offsets.has(key)));
  // A group of one member has no log to be known by.
  const alone = instancePrefix === undefined && living.size === 0 ? [group] : [];
  const instances = [...new Set([...living.keys(), ...ofThisWorker.map(([name]) => name), ...alone])].sort();
  return instances.map((instance) => {
    const logged = logs.get(instance) ?? new Map();
    const known = alone.includes(instance) ? offsets.keys() : logged.keys();
    const ours = living.get(instance)?.map(partitionKey) ?? [...known].filter((key) => !assigned.has(key));
    const partitions = ours.flatMap((key): PartitionStatus[] => {
      const at = offsets.get(key);
      if (at === undefined) return [];
      const [topic = '', partition = ''] = key.split('/');
      return [
        {
          topic,
          partition: Number(partition),
          committed: at.committed?.toString() ?? null,
          logged: logged.get(key)?.offset.toString() ?? null,
          end: at.end.toString(),
          lag: Number(at.lag),
        },
      ];
    });
    return { group, instance, running: living.has(instance), partitions: partitions.sort((a, b) => a.partition - b.partition) };
  });
};

/** How far every feed and every worker of a pipeline is. */
export const statusOf = async (options: StatusOptions): Promise<Status> => {
  const { pipeline } = options;
  const feeds: FeedStatus[] = [];
  for (const definition of tableFeeds(pipeline)) feeds.push(await feedStatus({ ...options, definition, wait: false }));
  const workers: WorkerStatus[] = [];
  for (const definition of pipeline.workers) workers.push(...(await workerStatuses(options, definition)));
  const generators: GeneratorStatus[] = [];
  for (const definition of generatorFeeds(pipeline)) generators.push(await generatorStatus(options.clients, definition));
  return { feeds, generators, workers };
};
