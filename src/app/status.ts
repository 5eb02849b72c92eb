import { peekState } from '../adapters/files/state-file.js';
import { inspectTable } from '../captures/polling/inspect.js';
import type { Config } from '../config.js';
import type { Guarantee } from '../core/guarantee.js';
import type { Log } from '../core/log.js';
import type { Pipeline, WorkerDefinition } from '../core/pipeline.js';
import type { Position } from '../core/position.js';
import { partitionKey } from '../core/topic.js';
import { instanceLogs } from '../sinks/json-log/index.js';
import type { Clients } from './clients.js';
import { captureOptions, type FeedOptions, stateDirectory } from './feeds.js';

export type FeedStatus = Readonly<{
  name: string;
  table: string;
  topic: string;
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
  lag: number;
}>;

export type WorkerStatus = Readonly<{
  group: string;
  instance: string;
  running: boolean;
  partitions: readonly PartitionStatus[];
}>;

export type StatusOptions = Readonly<{ config: Config; clients: Clients; pipeline: Pipeline; log: Log; signal: AbortSignal }>;

export type Status = Readonly<{ feeds: readonly FeedStatus[]; workers: readonly WorkerStatus[] }>;

const feedStatus = async (options: FeedOptions): Promise<FeedStatus> => {
  const { config, definition } = options;
  const stored = await peekState(stateDirectory(config, definition));
  const position = stored === null ? null : stored.edited || stored.state === null ? stored.from : stored.state.position;
  const { guarantee, rows, ageSeconds } = await inspectTable(captureOptions(options), position);
  const { name, source, topic } = definition;
  return {
    name,
    table: source.table,
    topic: topic.name,
    guarantee: guarantee.level,
    reason: guarantee.reason,
    position,
    ageSeconds,
    rowsWaiting: rows,
  };
};

/** Everybody who is or was a member: the living ones with what they are assigned, the others with what only their log knows. */
const workerStatuses = async (
  { clients, config }: StatusOptions,
  { name: group, from }: WorkerDefinition,
): Promise<WorkerStatus[]> => {
  const living = await clients.admin.members(group);
  const assigned = new Set([...living.values()].flat().map(partitionKey));
  const logs = await instanceLogs(config.logsDirectory);
  const offsets = new Map<string, { committed: bigint | undefined; end: bigint }>();
  for (const { name: topic } of from) {
    const committed = await clients.admin.committed(group, topic);
    for (const [partition, end] of await clients.reader.endOffsets(topic))
      offsets.set(partitionKey({ topic, partition }), { committed: committed.get(partition), end });
  }
  const instances = [...new Set([...living.keys(), ...logs.keys()])].sort();
  return instances.map((instance) => {
    const logged = logs.get(instance) ?? new Map();
    const ours = living.get(instance)?.map(partitionKey) ?? [...logged.keys()].filter((key) => !assigned.has(key));
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
          lag: Number(at.end - (at.committed ?? 0n)),
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
  for (const definition of pipeline.feeds) feeds.push(await feedStatus({ ...options, definition, wait: false }));
  const workers: WorkerStatus[] = [];
  for (const definition of pipeline.workers) workers.push(...(await workerStatuses(options, definition)));
  return { feeds, workers };
};
