import { type Detail, type Finding, KINDS, type Kind } from '../app/verify/findings.js';
import type { TopicReport } from '../app/verify/index.js';

/** What each kind of finding means, as a person reads it. */
const NAMES: Readonly<Record<Kind, readonly [name: string, meaning: string]>> = {
  lost: ['lost', 'rows that are not in the topic, or records that are in no log'],
  phantom: ['phantom', 'versions in the topic that were never committed'],
  duplicate: ['duplicate', 'the same version twice in the topic within one replay, or the same record twice in the logs'],
  divergent: ['divergent', 'rows, records and lines that are not the same'],
  outOfOrder: ['out of order', 'records older than one of their key before them, or lines behind a later one'],
  gap: ['gap', 'offsets neither in a log nor in the dead letters'],
  misplaced: ['misplaced', 'records that are not in the partition of their key'],
  broken: ['broken', 'lines in the logs that rowbridge did not write'],
  lag: ['lag', 'records that the workers have not come to'],
};

const number = (value: number): string => Math.round(value).toLocaleString('en');

const detailText = ({ key, timestamp, partition, offset, instance, line, what }: Detail): string =>
  [
    key == null ? '' : `key ${key}`,
    timestamp == null ? '' : timestamp,
    partition === undefined ? '' : `partition ${partition}`,
    offset === undefined ? '' : `offset ${offset}`,
    instance === undefined ? '' : `${instance} line ${line ?? '?'}`,
    what ?? '',
  ]
    .filter((part) => part !== '')
    .join(', ');

const findingLines = (kind: Kind, finding: Finding | null): string[] => {
  const [name, meaning] = NAMES[kind];
  if (finding === null) return [`  ${name.padEnd(13)} not known: there is no journal of commits (--journal)`];
  const { count, byPartition, first } = finding;
  const partitions = Object.entries(byPartition).map(([partition, found]) => `${partition}: ${found}`);
  const head = `  ${name.padEnd(13)} ${number(count)}`;
  if (count === 0) return [head];
  return [
    `${head}  (${meaning})`,
    ...(partitions.length === 0 ? [] : [`    by partition  ${partitions.join(', ')}`]),
    ...first.map((detail) => `    ${detailText(detail)}`),
    ...(count > first.length ? [`    ... and ${number(count - first.length)} more`] : []),
  ];
};

const MOST_AWAY = 10;

/** What could not be judged, and what is not wrong though it is not in the logs. */
const noteLines = ({ table, records, logs, position }: TopicReport): string[] => {
  const notes: [number, string][] = [
    [table?.waiting ?? 0, 'rows are not in the topic yet: they are later than the position'],
    [table?.dead ?? 0, 'rows could not travel; their keys are in the dead letters'],
    [table?.notJudged ?? 0, 'rows cannot be judged: their records were removed from the topic, or a replay passed them over'],
    [records.removed, 'records were removed from the topic by retention and cannot be judged'],
    [records.empty, 'offsets hold no record'],
    [records.dead, 'records are in the dead letters'],
    [records.retries, 'records were sent again from the dead letters'],
    [records.dropped, 'records are left out by the transform'],
    [records.away, 'records cannot be judged: their lines may be in rotated logs that were packed or moved away'],
    [records.beforeReplays, 'records are older than the replays that the state knows: twice or out of order cannot be judged'],
    [logs?.removed ?? 0, 'lines are of records that the topic holds no more'],
  ];
  const deadRows = (table?.deadRows ?? []).map(({ key, reason }) => `    key ${key}: ${reason}`);
  const away = (logs?.away ?? []).map((file) => `    away: ${file}`);
  const awayLines =
    away.length > MOST_AWAY ? [...away.slice(0, MOST_AWAY), `    ... and ${number(away.length - MOST_AWAY)} more`] : away;
  const noPosition = table !== null && position === null ? ['  the feed has no saved position: no row is due yet'] : [];
  return [
    ...noPosition,
    ...notes.flatMap(([count, text]) => (count === 0 ? [] : [`  ${number(count)} ${text}`])),
    ...deadRows,
    ...awayLines,
  ];
};

/** A verification as a person reads it. */
export const reportLines = (report: TopicReport, deep: boolean): string[] => {
  const { topic, table, records, logs, position, guarantee, seconds, clean, findings, passes } = report;
  const compared = [
    ...(table === null ? [] : [`${number(table.rows)} rows`]),
    `${number(records.judged)} records`,
    ...(logs === null ? [] : [`${number(logs.lines)} lines in ${logs.files} logs`]),
  ];
  const rate = ((table?.rows ?? 0) + (logs?.lines ?? 0)) / Math.max(seconds, 0.001);
  return [
    `${topic}: ${compared.join(', ')}`,
    ...(position === null ? [] : [`  up to ${position.timestamp ?? ''}, key ${position.key ?? '-'} (${guarantee})`]),
    ...KINDS.flatMap((kind) => findingLines(kind, findings[kind])),
    ...(logs === null ? ['  no worker of this topic keeps logs: only table and topic are compared'] : []),
    ...noteLines(report),
    `  ${clean ? 'clean' : 'NOT CLEAN'}; ${deep ? 'every field' : 'key, time and place'} compared in ${seconds.toFixed(1)} s${passes > 1 ? ` and ${passes} passes` : ''}, ${number(rate)} rows and lines a second`,
  ];
};

/** A verification as a program reads it. */
export const reportJson = (pipeline: string, reports: readonly TopicReport[], deep: boolean): string =>
  JSON.stringify(
    {
      pipeline,
      clean: reports.every(({ clean }) => clean),
      deep,
      topics: reports,
    },
    null,
    2,
  );
