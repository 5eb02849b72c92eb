import { isOfRecord } from '../../core/errors.js';
import { partitionOf } from '../../core/partition.js';
import type { Row } from '../../core/pipeline.js';
import { printedTimestamp } from '../../core/timestamp.js';
import type { DeadLetters } from './dead-letters.js';
import type { Evidence, TableEvidence } from './evidence.js';
import type { Collector, Detail } from './findings.js';
import { fingerprintInto, newFingerprint } from './fingerprint.js';
import type { Payloads } from './payload.js';
import type { Places } from './places.js';
import { mustBeThere, type Reached } from './replays.js';
import type { Payload, VersionSet } from './version-set.js';

export type CheckTable = Readonly<{
  evidence: Evidence;
  table: TableEvidence;
  /** Where every field is compared. */
  payloads: Payloads | null;
  places: Places;
  versions: VersionSet;
  reached: ReadonlyMap<number, Reached>;
  deadLetters: DeadLetters;
  found: Collector;
  onRead(rows: number): void;
  onDead(row: Readonly<{ key: string; reason: string }>): void;
}>;

export type TableSeen = {
  /** Rows whose keys belong to partitions of this pass. */
  rows: number;
  /** Not in the topic, and not due yet. */
  waiting: number;
  /** Not in the topic, since they could not travel: their keys are in the dead letters. */
  dead: number;
  /** Not in the topic, which has lost or never had the records of their time: removed by retention, or passed over by a replay. */
  notJudged: number;
};

/** Whether a row has the fields that its record had. */
const isSame = (payloads: Payloads, row: Row, { print, shape }: Payload): boolean => {
  try {
    return payloads.print(row, shape) === print;
  } catch (error) {
    // It has become one that could not travel.
    if (isOfRecord(error)) return false;
    throw error;
  }
};

const NOTHING: Reached = { removed: false, oldest: null, latest: new Map() };

/** Reads the table and looks each row up in the versions of the topic. */
export const checkTable = async (options: CheckTable): Promise<TableSeen> => {
  const { evidence, table, payloads, places, versions, reached, deadLetters, found, onRead, onDead } = options;
  const { topic } = evidence;
  const { pass } = places;
  const print = newFingerprint();
  const seen: TableSeen = { rows: 0, waiting: 0, dead: 0, notJudged: 0 };

  const detail = (key: string, time: string, partition: number, what?: string): Detail => ({
    in: 'table',
    key,
    timestamp: printedTimestamp(time),
    partition,
    ...(what === undefined ? {} : { what }),
  });

  const missing = (row: Row, key: string, time: string, partition: number): void => {
    const reason = deadLetters.rows.get(key);
    const isDue = table.reached(table.positionOf(row));
    if (reason !== undefined) {
      seen.dead++;
      onDead({ key, reason });
    } else if (mustBeThere(table.replays, reached.get(partition) ?? NOTHING, printedTimestamp(time), isDue))
      found.add('lost', partition, () => detail(key, time, partition, 'the row is not in the topic'));
    else if (isDue) seen.notJudged++;
    else seen.waiting++;
  };

  for await (const rows of table.rows(payloads !== null)) {
    for (const row of rows) {
      const key = topic.key(row);
      const partition = partitionOf(Buffer.from(key), topic.partitions);
      if (places.windowOf(partition) === undefined) continue;
      const time = String(row[table.cursor]);
      fingerprintInto(print, partition, key, time);
      if (print.high % pass.parts !== pass.part) continue;
      seen.rows++;
      const slot = versions.find(print);
      if (slot < 0) missing(row, key, time, partition);
      else if (payloads !== null && !isSame(payloads, row, versions.payload(slot)))
        found.add('divergent', partition, () => detail(key, time, partition, 'the row has other fields than its record'));
    }
    onRead(rows.length);
  }
  return seen;
};
