import { nodeFiles } from '../adapters/files/file-system.js';
import type { Config } from '../config.js';
import { originText } from '../core/dead-letter.js';
import { delayOrAbort } from '../core/delay.js';
import { BridgeError } from '../core/errors.js';
import { type Judged, judge } from '../core/judge.js';
import type { Log } from '../core/log.js';
import { instancesOf, type Pipeline, type Row, type WorkerDefinition } from '../core/pipeline.js';
import type { Sink } from '../core/sink.js';
import { partitionKey } from '../core/topic.js';
import { jsonLog } from '../sinks/json-log/index.js';
import {
  type Audit,
  auditLogs,
  type Finding,
  instancesIn,
  linesText,
  type PartitionFacts,
  type ReadAgain,
  type RepairPlan,
  repairLogs,
  surroundingsOf,
} from '../sinks/json-log/maintenance.js';
import type { Clients } from './clients.js';
import { deadLetters } from './dead-letters.js';
import { recordTimestamp } from './record-timestamp.js';

const noLogs = (name: string): BridgeError =>
  new BridgeError({
    code: 'LOGS_NONE',
    kind: 'configuration',
    found: `No worker of the pipeline '${name}' keeps consumer logs.`,
    fix: 'Name a pipeline whose worker has the sink json-log, such as products.',
  });

/** The worker of a pipeline whose results are in consumer logs. @throws BridgeError `configuration` when there is none */
export const loggingWorker = (name: string, { workers }: Pipeline): WorkerDefinition => {
  const found = workers.find(({ sink }) => sink === jsonLog);
  if (found === undefined) throw noLogs(name);
  return found;
};

const isNamedBy = (worker: WorkerDefinition, instance: string): boolean =>
  instancesOf(worker).includes(instance) || (worker.instancePrefix !== undefined && instance.startsWith(worker.instancePrefix));

/** The instances with a worker's names that have logs. */
export const logInstances = async ({ logsDirectory }: Config, worker: WorkerDefinition): Promise<readonly string[]> =>
  (await instancesIn(nodeFiles, logsDirectory)).filter((instance) => isNamedBy(worker, instance));

const PASSING: readonly Finding['kind'][] = ['torn', 'nul', 'index'];
const SECOND_LOOK_MS = 500;

/** Reads all logs; what may be a write of a running worker, seen half done, counts only when it is there at a second look too. */
export const checkLogs = async (config: Config, instances: readonly string[], signal: AbortSignal): Promise<Audit> => {
  const first = await auditLogs(nodeFiles, config.logsDirectory, instances);
  if (!first.findings.some(({ kind }) => PASSING.includes(kind))) return first;
  await delayOrAbort(SECOND_LOOK_MS, signal);
  const second = await auditLogs(nodeFiles, config.logsDirectory, instances);
  const before = new Set(first.findings.map((finding) => JSON.stringify(finding)));
  return {
    ...second,
    findings: second.findings.filter((finding) => !PASSING.includes(finding.kind) || before.has(JSON.stringify(finding))),
  };
};

export type LogRepairOptions = Readonly<{
  config: Config;
  clients: Clients;
  worker: WorkerDefinition;
  log: Log;
  signal: AbortSignal;
  agreed(plan: RepairPlan): Promise<boolean>;
  onMended(instance: string, path: string, mended: Readonly<{ keptIn: string; lines: number }>): void;
}>;

const factsOf =
  ({ clients, worker }: LogRepairOptions) =>
  async (): Promise<ReadonlyMap<string, PartitionFacts>> => {
    const facts = new Map<string, PartitionFacts>();
    for (const { name: topic } of worker.from) {
      const committed = await clients.admin.committed(worker.name, topic);
      for (const [partition, start] of await clients.reader.startOffsets(topic))
        facts.set(partitionKey({ topic, partition }), { committed: committed.get(partition) ?? 0n, start });
    }
    return facts;
  };

/** Where the records of a topic stand that a group could not handle. */
const deadPlaces = async (clients: Clients, topic: string, group: string): Promise<ReadonlySet<string>> => {
  const places = new Set<string>();
  for await (const letters of deadLetters(clients.reader, topic))
    for (const letter of letters)
      if (letter.origin !== undefined && (letter.group ?? group) === group) places.add(originText(letter.origin));
  return places;
};

/**
 * What the worker makes of records, but for those that are in the dead letters already: where it could handle them by now, they
 * are sent again by 'dlq retry', and would be logged twice.
 */
const readingAgain = ({ clients, worker, log }: LogRepairOptions): ReadAgain => {
  const known = new Map<string, Promise<ReadonlySet<string>>>();
  const deadOf = (topic: string) => {
    const dead = known.get(topic) ?? deadPlaces(clients, topic, worker.name);
    known.set(topic, dead);
    return dead;
  };
  const check: Sink<Row>['check'] = (results) => void linesText(results);
  const judging = { group: worker.name, transform: worker.transform, log, check };
  return async function* (key, { from, to }) {
    for (const topic of worker.from) {
      if (!key.startsWith(`${topic.name}/`)) continue;
      const at = { topic: topic.name, partition: Number(key.slice(topic.name.length + 1)) };
      const dead = await deadOf(topic.name);
      const codec = await clients.decoding.open<Row>(topic);
      for await (const records of clients.reader.readRange(at, from, to)) {
        const judged: Judged<Row> = { results: [], dead: [] };
        for (const record of records)
          if (!dead.has(originText({ partition: at.partition, offset: record.offset })))
            await judge(judging, codec, at, record, judged);
        yield judged.results;
      }
    }
  };
};

/** Mends the logs of a stopped worker's instances. @throws BridgeError `environment` when one of them runs */
export const repairWorkerLogs = async (options: LogRepairOptions): Promise<readonly RepairPlan[]> => {
  const { config, clients, worker, log, signal, agreed, onMended } = options;
  // Every folder with logs: an instance may have had any name.
  const instances = await instancesIn(nodeFiles, config.logsDirectory);
  return repairLogs(surroundingsOf({ log, signal }), {
    directory: config.logsDirectory,
    instances,
    isOurs: (instance, keys) =>
      isNamedBy(worker, instance) || worker.from.some(({ name }) => keys.some((key) => key.startsWith(`${name}/`))),
    facts: factsOf(options),
    readAgain: readingAgain(options),
    readRecordTimestamp: recordTimestamp(clients.reader),
    agreed,
    onMended,
  });
};
