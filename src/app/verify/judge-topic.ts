import type { EndOffsets } from '../../core/broker.js';
import { checkLogs, checkStrangers, type LogsSeen } from './check-logs.js';
import { checkOrder } from './check-order.js';
import { checkTable } from './check-table.js';
import { checkPartition, type PartitionSeen } from './check-topic.js';
import { type DeadLetters, markDead, readDeadLetters } from './dead-letters.js';
import type { Judging } from './evidence.js';
import { type Collector, collector } from './findings.js';
import { type Fields, linePrinter, resultsPrinter } from './line-print.js';
import { type Pass, planPasses } from './passes.js';
import { type Payloads, payloadsOf } from './payload.js';
import { type Places, placesOf } from './places.js';
import { findLostVersions, findPhantoms } from './search-versions.js';
import { newSums, type Sums, type Verdict } from './verdict.js';
import { type VersionSet, versionSet } from './version-set.js';

/** What all passes share. */
type Shared = Judging &
  Readonly<{ found: Collector; sums: Sums; deadLetters: DeadLetters; payloads: Payloads | null; fields: Fields | null }>;

const NO_LOGS: LogsSeen = { lines: 0, removed: 0, next: new Map() };

/** Keys are not spread quite evenly over the parts of a partition. */
const ROOM_TO_SPARE = 1_000;

const passedBy = (committed: EndOffsets, { next }: LogsSeen): ReadonlyMap<number, number> => {
  const passed = new Map([...committed].map(([partition, offset]) => [partition, Number(offset)]));
  for (const [partition, offset] of next) passed.set(partition, Math.max(passed.get(partition) ?? 0, offset));
  return passed;
};

const readLogs = async (shared: Shared, places: Places, first: boolean): Promise<LogsSeen> => {
  const { evidence, deep, onProgress, found, sums, fields } = shared;
  if (evidence.logs === null) return NO_LOGS;
  const { files } = evidence.logs;
  const topic = evidence.topic.name;
  const print = linePrinter(fields, deep);
  const onRead = (bytes: number) => onProgress?.('logs', bytes);
  const seen = await checkLogs({ files, topic, fields, print, places, found, first, onRead });
  if (places.pass.part === 0) sums.logs(seen);
  if (!first) return seen;
  const ends = await evidence.endsNow();
  const strange = [...seen.next].some(([partition, next]) => next > Number(ends.get(partition) ?? 0n));
  if (strange) await checkStrangers(files, topic, ends, found);
  return seen;
};

type Partitions = ReadonlyMap<number, PartitionSeen>;

const readTopic = async (shared: Shared, places: Places, versions: VersionSet, logs: LogsSeen): Promise<Partitions> => {
  const { evidence, deep, payloads, found, sums, fields, onProgress, signal } = shared;
  const partitions = new Map<number, PartitionSeen>();
  const printOf = resultsPrinter(fields, deep);
  const passed = passedBy(evidence.logs?.committed ?? new Map(), logs);
  const onRead = (records: number) => onProgress?.('topic', records);
  for (const window of places.pass.windows) {
    signal.throwIfAborted();
    const seen = await checkPartition({ evidence, deep, payloads, places, versions, found, printOf, passed, onRead }, window);
    partitions.set(window.partition, seen);
    sums.partition(seen);
  }
  return partitions;
};

const readTable = async (shared: Shared, places: Places, versions: VersionSet, partitions: Partitions): Promise<void> => {
  const { evidence, payloads, found, sums, deadLetters, onProgress } = shared;
  const { table } = evidence;
  if (table === null) return;
  const reached = new Map([...partitions].map(([partition, seen]) => [partition, seen.reached]));
  const onRead = (rows: number) => onProgress?.('table', rows);
  const onDead = sums.deadRow;
  sums.rows(await checkTable({ evidence, table, payloads, places, versions, reached, deadLetters, found, onRead, onDead }));
};

/**
 * Everything about the partitions of one pass, but for the order of keys. The logs are read first and the table last: what is in the
 * logs is in the topic, and a row that changes meanwhile is later than the cutoff.
 */
const judgePass = async (shared: Shared, pass: Pass, first: boolean): Promise<Partitions> => {
  const { evidence, deep, found, deadLetters } = shared;
  const places = placesOf(pass);
  const logs = await readLogs(shared, places, first);
  markDead(deadLetters, places);
  const room = evidence.table === null ? 0 : Math.ceil(pass.places / pass.parts) + ROOM_TO_SPARE;
  const versions = versionSet(room, deep);
  const partitions = await readTopic(shared, places, versions, logs);
  const searched = { evidence, pass, versions, found };
  await findLostVersions(searched);
  await findPhantoms(searched);
  await readTable(shared, places, versions, partitions);
  return partitions;
};

/** Compares a topic with its table and its logs, in memory that is bounded by `mostRecords`. */
export const judgeTopic = async (judging: Judging): Promise<Verdict> => {
  const { evidence, deep, mostRecords, signal } = judging;
  const { topic, table, starts, ends } = evidence;
  const found = collector();
  const sums = newSums();
  const deadLetters = await readDeadLetters(topic.name, evidence.logs?.group, evidence.deadLetters());
  const fields = table === null ? null : { key: table.key, cursor: table.cursor };
  const payloads = deep && table !== null ? payloadsOf(evidence.codec, table.columns) : null;
  const shared: Shared = { ...judging, found, sums, deadLetters, payloads, fields };
  const passes = planPasses(starts, ends, mostRecords);
  for (const [index, pass] of passes.entries()) {
    signal.throwIfAborted();
    const partitions = await judgePass(shared, pass, index === 0);
    if (pass.part + 1 < pass.parts) continue;
    for (const window of pass.windows) if (partitions.get(window.partition)?.unordered) await checkOrder(judging, window, found);
  }
  return sums.verdict(evidence, passes, found.findings(evidence.journal !== null));
};
