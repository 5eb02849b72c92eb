import { crc32 } from 'node:zlib';
import { partitionOf } from '../../core/partition.js';
import type { Row } from '../../core/pipeline.js';
import { canonicalTimestamp } from '../../core/timestamp.js';
import type { DeadLetters } from './dead-letters.js';
import type { Evidence, TableEvidence } from './evidence.js';
import type { Collector, Detail } from './findings.js';
import { fingerprintInto, newFingerprint } from './fingerprint.js';
import type { Places } from './places.js';
import { mustBeThere, type Reached } from './replays.js';
import type { VersionSet } from './version-set.js';

export type CheckTable = Readonly<{
  evidence: Evidence;
  table: TableEvidence;
  deep: boolean;
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

const NOTHING: Reached = { removed: false, oldest: null, latest: new Map() };

/** Reads the table and looks each row up in the versions of the topic. */
export const checkTable = async (options: CheckTable): Promise<TableSeen> => {
  const { evidence, table, deep, places, versions, reached, deadLetters, found, onRead, onDead } = options;
  const { topic, codec } = evidence;
  const { pass } = places;
  const print = newFingerprint();
  const seen: TableSeen = { rows: 0, waiting: 0, dead: 0, notJudged: 0 };

  const detail = (key: string, time: string, partition: number, what?: string): Detail => ({
    in: 'table',
    key,
    timestamp: canonicalTimestamp(time) ?? time,
    partition,
    ...(what === undefined ? {} : { what }),
  });

  const missing = (row: Row, key: string, time: string, partition: number): void => {
    const reason = deadLetters.rows.get(key);
    const isDue = table.reached(table.positionOf(row));
    if (reason !== undefined) {
      seen.dead++;
      onDead({ key, reason });
    } else if (mustBeThere(table.replays, reached.get(partition) ?? NOTHING, canonicalTimestamp(time) ?? time, isDue))
      found.add('lost', partition, () => detail(key, time, partition, 'the row is not in the topic'));
    else if (isDue) seen.notJudged++;
    else seen.waiting++;
  };

  for await (const rows of table.rows(deep)) {
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
      else if (deep && versions.payload(slot) !== (crc32(codec.encode(row)) | 0))
        found.add('divergent', partition, () => detail(key, time, partition, 'the row has other fields than its record'));
    }
    onRead(rows.length);
  }
  return seen;
};
