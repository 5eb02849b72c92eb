import type { LogsSeen } from './check-logs.js';
import type { TableSeen } from './check-table.js';
import type { PartitionSeen } from './check-topic.js';
import type { Evidence } from './evidence.js';
import type { Findings } from './findings.js';
import type { Pass } from './passes.js';

const MOST_DEAD_ROWS = 10;

/** A row that could not travel, and why. */
export type DeadRow = Readonly<{ key: string; reason: string }>;

/** What was found about one topic. All counts are exact. */
export type Verdict = Readonly<{
  topic: string;
  findings: Findings;
  /** null where there is no table. `deadRows` are the first ten. */
  table: (Readonly<TableSeen> & Readonly<{ deadRows: readonly DeadRow[] }>) | null;
  records: Readonly<{
    /** Below the cutoff, and still in the topic. */
    judged: number;
    dead: number;
    dropped: number;
    /** Without a line that is there; it may be in one of the logs that are away. */
    away: number;
    /** Sent again from the dead letters. */
    retries: number;
    /** Removed from the topic by retention: neither they nor the rows that only they stood for can be judged. */
    removed: number;
    /** Offsets below the cutoff that hold no record (compaction, markers of transactions). */
    empty: number;
    /** Published before the first replay that the state knows of: duplicates and order are not judged in them. */
    beforeReplays: number;
  }>;
  /** null where no worker of the topic keeps logs. */
  logs: Readonly<{ lines: number; removed: number; files: number; away: readonly string[] }> | null;
  passes: number;
}>;

/** Adds up what the passes saw. */
export type Sums = Readonly<{
  partition(seen: PartitionSeen): void;
  logs(seen: LogsSeen): void;
  rows(seen: TableSeen): void;
  deadRow(row: DeadRow): void;
  verdict(evidence: Evidence, passes: readonly Pass[], findings: Findings): Verdict;
}>;

export const newSums = (): Sums => {
  const records = { judged: 0, dead: 0, dropped: 0, away: 0, retries: 0, beforeReplays: 0 };
  const lines = { lines: 0, removed: 0 };
  const table = { rows: 0, waiting: 0, dead: 0, notJudged: 0 };
  const deadRows: DeadRow[] = [];
  return {
    partition(seen) {
      records.judged += seen.records;
      records.dead += seen.dead;
      records.dropped += seen.dropped;
      records.away += seen.away;
      records.retries += seen.retries;
      records.beforeReplays += seen.beforeReplays;
    },
    logs(seen) {
      lines.lines += seen.lines;
      lines.removed += seen.removed;
    },
    rows(seen) {
      table.rows += seen.rows;
      table.waiting += seen.waiting;
      table.dead += seen.dead;
      table.notJudged += seen.notJudged;
    },
    deadRow(row) {
      if (deadRows.length < MOST_DEAD_ROWS) deadRows.push(row);
    },
    verdict(evidence, passes, findings) {
      const windows = passes.filter(({ part }) => part === 0).flatMap((pass) => pass.windows);
      const there = windows.reduce((sum, { start, end }) => sum + end - start, 0);
      const removed = windows.reduce((sum, { start }) => sum + start, 0);
      return {
        topic: evidence.topic.name,
        findings,
        table: evidence.table === null ? null : { ...table, deadRows },
        records: { ...records, removed, empty: there - records.judged },
        logs: evidence.logs === null ? null : { ...lines, files: evidence.logs.files.length, away: evidence.logs.away.files },
        passes: passes.length,
      };
    },
  };
};
