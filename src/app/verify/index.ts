import { kafkaReader } from '../../adapters/kafka/reader.js';
import type { EndOffsets, TopicReader } from '../../core/broker.js';
import { BridgeError } from '../../core/errors.js';
import type { Guarantee } from '../../core/guarantee.js';
import type { FeedDefinition, Row } from '../../core/pipeline.js';
import type { Position } from '../../core/position.js';
import { deadLetterTopicOf } from '../../core/topic.js';
import type { Clients } from '../clients.js';
import type { StatusOptions } from '../status.js';
import { stateDirectory } from '../table-feed.js';
import { caughtUp } from './caught-up.js';
import { endsOfAll } from './ends-of-all.js';
import type { Evidence, Phase } from './evidence.js';
import { KINDS } from './findings.js';
import { gatherLogs, loggingWorker } from './gather-logs.js';
import { type Cutoff, chooseCutoff, gatherTable } from './gather-table.js';
import { readJournal } from './journal.js';
import { judgeTopic } from './judge-topic.js';
import { planPasses } from './passes.js';
import { type ProgressCounter, progressCounter } from './progress.js';
import type { Verdict } from './verdict.js';
import { VERSION_BYTES, VERSION_BYTES_DEEP } from './version-set.js';

/** So little is asked for at a time, that what kafkajs makes of it stays small. */
const FETCH_BYTES = 1 << 20;
/** What is kept of a record besides its version: the print of its line and three bits. */
const PLACE_BYTES = 5;

export type VerifyOptions = StatusOptions &
  Readonly<{
    clients: Clients;
    deep: boolean;
    /** How long the workers are given to catch up with the cutoff. */
    waitMs: number;
    /** For what is compared at one time. */
    memoryBytes: number;
    /** A file with every version that was ever committed. */
    journalFile?: string;
    onRelease(release: () => Promise<void>): void;
    onWaiting?(topic: string): void;
    onProgress?(topic: string, counter: ProgressCounter): void;
  }>;

/** What was compared up to where, and what came of it. */
export type TopicReport = Verdict &
  Readonly<{
    /** The feed's saved position; null where there is none. */
    position: Position | null;
    guarantee: Guarantee['level'] | null;
    ends: Readonly<Record<string, string>>;
    /** Nothing is wrong with it. */
    clean: boolean;
    seconds: number;
  }>;

const nothingToVerify = (): BridgeError =>
  new BridgeError({
    code: 'NOTHING_TO_VERIFY',
    kind: 'configuration',
    found: 'This pipeline captures no table and keeps no logs of its records: there is nothing to compare.',
    fix: "Name another pipeline ('rowbridge list' shows them), or give a worker the sink jsonLog.",
  });

const isThere = async ({ admin }: Clients, topic: string): Promise<boolean> => (await admin.partitionCounts([topic])).size > 0;

const topicMissing = (topic: string): BridgeError =>
  new BridgeError({
    code: 'TOPIC_MISSING',
    kind: 'configuration',
    found: `There is no topic '${topic}'.`,
    fix: "Run 'rowbridge setup'.",
  });

/** Dead letters are all our own. */
async function* wholeTopic(reader: TopicReader, topic: string, ends: EndOffsets) {
  for (const [partition, end] of ends) yield* reader.readRange({ topic, partition }, 0n, end, 'own');
}

const gather = async (options: VerifyOptions, reader: TopicReader, feed: FeedDefinition) => {
  const { clients, config, pipeline, log, signal, waitMs, journalFile, onWaiting } = options;
  const { source, topic } = feed;
  if (!(await isThere(clients, topic.name))) throw topicMissing(topic.name);
  const readEnds = () => reader.endOffsets(topic.name);
  const definition = source.kind === 'table' ? { name: feed.name, source, topic } : null;
  const cutoff: Cutoff =
    definition === null
      ? { state: null, ends: await readEnds() }
      : await chooseCutoff(stateDirectory(config, definition), () => endsOfAll({ reader, topic: topic.name, waitMs, signal }));
  const { ends } = cutoff;
  const table = definition === null ? null : await gatherTable({ config, clients, definition, log, signal, wait: false }, cutoff);
  const worker = loggingWorker(pipeline, topic.name);
  onWaiting?.(topic.name);
  const logs =
    worker === undefined
      ? null
      : await gatherLogs(
          config.logsDirectory,
          worker,
          topic.name,
          await caughtUp(clients, { group: worker.name, topic: topic.name, ends }, waitMs, signal),
        );
  const deadTopic = deadLetterTopicOf(topic.name);
  const deadEnds: EndOffsets = (await isThere(clients, deadTopic)) ? await reader.endOffsets(deadTopic, 'own') : new Map();
  const evidence: Evidence = {
    topic,
    codec: await clients.readBack<Row>(topic, table?.columns),
    starts: await reader.startOffsets(topic.name),
    ends,
    records: (partition, from, to) => reader.readRange({ topic: topic.name, partition }, BigInt(from), BigInt(to)),
    endsNow: readEnds,
    deadLetters: () => wholeTopic(reader, deadTopic, deadEnds),
    logs,
    table: table?.evidence ?? null,
    journal: journalFile === undefined ? null : () => readJournal(journalFile),
  };
  return { evidence, guarantee: table?.guarantee.level ?? null };
};

const expectedReading = ({ starts, ends, logs, table }: Evidence, mostRecords: number): Readonly<Record<Phase, number>> => {
  const passes = planPasses(starts, ends, mostRecords);
  const bytes = (logs?.files ?? []).reduce((sum, file) => sum + file.bytes, 0);
  return {
    logs: bytes * passes.length,
    topic: passes.reduce((sum, { places }) => sum + places, 0),
    table: (table?.expectedRows ?? 0) * passes.length,
    order: 0,
  };
};

const verifyFeed = async (options: VerifyOptions, reader: TopicReader, feed: FeedDefinition): Promise<TopicReport> => {
  const { deep, memoryBytes, signal, onProgress } = options;
  const { evidence, guarantee } = await gather(options, reader, feed);
  const begun = performance.now();
  const mostRecords = Math.floor(memoryBytes / ((deep ? VERSION_BYTES_DEEP : VERSION_BYTES) + PLACE_BYTES));
  const counter = progressCounter(expectedReading(evidence, mostRecords));
  onProgress?.(feed.topic.name, counter);
  const verdict = await judgeTopic({ evidence, deep, mostRecords, signal, onProgress: counter.add });
  const ends = [...evidence.ends].sort(([a], [b]) => a - b).map(([partition, end]) => [partition, end.toString()]);
  return {
    ...verdict,
    position: evidence.table?.position ?? null,
    guarantee,
    ends: Object.fromEntries(ends),
    clean: KINDS.every((kind) => (verdict.findings[kind]?.count ?? 0) === 0),
    seconds: (performance.now() - begun) / 1000,
  };
};

/**
 * Compares table, topic and logs of a pipeline, up to a cutoff that is chosen at the beginning: where the feed has saved, and where
 * the topic ends. Only reads. The system may run meanwhile.
 * @throws BridgeError `configuration` where there is nothing to compare, `transient` when a server went away, `environment` when a
 * transaction of another producer holds records back
 */
export const verifyPipeline = async (options: VerifyOptions): Promise<readonly TopicReport[]> => {
  const { pipeline, clients, onRelease } = options;
  const feeds = pipeline.feeds.filter(
    ({ source, topic }) => source.kind === 'table' || loggingWorker(pipeline, topic.name) !== undefined,
  );
  if (feeds.length === 0) throw nothingToVerify();
  const reader = kafkaReader(clients.kafka, { fetchBytes: FETCH_BYTES });
  onRelease(reader.close);
  const reports: TopicReport[] = [];
  for (const feed of feeds) reports.push(await verifyFeed(options, reader, feed));
  return reports;
};
