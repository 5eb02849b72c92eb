import { partitionOf } from '../../core/partition.js';
import { printedTimestamp } from '../../core/timestamp.js';
import type { Evidence } from './evidence.js';
import type { Collector, Detail, Kind } from './findings.js';
import { fingerprintInto, newFingerprint } from './fingerprint.js';
import { rowKey } from './in-hand.js';
import { readRecord } from './judge-record.js';
import { plainText } from './line-print.js';
import type { Pass, Window } from './passes.js';
import type { VersionSet } from './version-set.js';

export type SearchedPass = Readonly<{ evidence: Evidence; pass: Pass; versions: VersionSet; found: Collector }>;

const windowAt = ({ windows }: Pass, place: number): Window => {
  let [low, high] = [0, windows.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((windows[middle] as Window).base <= place) low = middle;
    else high = middle - 1;
  }
  return windows[low] as Window;
};

const detailAt = async (
  { records, codec, table, topic }: Evidence,
  window: Window,
  place: number,
  what: string,
): Promise<Detail> => {
  const { partition } = window;
  const offset = window.start + place - window.base;
  const known = { in: 'topic', partition, offset: String(offset), what } as const;
  for await (const [record] of records(partition, offset, offset + 1)) {
    if (record === undefined || table === null) continue;
    const read = await readRecord(codec, record);
    if (read.kind !== 'value') continue;
    const time = plainText(read.value[table.cursor]);
    return {
      ...known,
      key: rowKey(record, topic.key(read.value)),
      timestamp: time === undefined ? null : printedTimestamp(time),
    };
  }
  return known;
};

/** The smallest of many numbers, rising. */
const smallest = (numbers: Iterable<number>, most: number): readonly number[] => {
  let kept: number[] = [];
  for (const number of numbers) {
    kept.push(number);
    if (kept.length > 1000 + most) kept = kept.sort((a, b) => a - b).slice(0, most);
  }
  return kept.sort((a, b) => a - b).slice(0, most);
};

/** Counts versions by the places of their first records; reads the first of them again, to name them. */
const report = async (
  { evidence, pass, found }: SearchedPass,
  kind: Kind,
  places: Iterable<number>,
  what: string,
): Promise<void> => {
  const wanted = found.wanted(kind);
  const counted = function* (): Generator<number> {
    for (const place of places) {
      found.count(kind, windowAt(pass, place).partition);
      yield place;
    }
  };
  for (const place of smallest(counted(), wanted))
    found.detail(kind, await detailAt(evidence, windowAt(pass, place), place, what));
};

/** Finds the versions of a pass that are in no log, nor in the dead letters. */
export const findLostVersions = (searched: SearchedPass): Promise<void> =>
  report(searched, 'lost', searched.versions.unlogged(), 'in the topic, but in no log');

/** Finds the versions of a pass that were never committed, where there is a journal of commits. */
export const findPhantoms = async (searched: SearchedPass): Promise<void> => {
  const { evidence, versions } = searched;
  if (evidence.journal === null) return;
  const print = newFingerprint();
  for await (const commits of evidence.journal())
    for (const { key, timestamp } of commits) {
      fingerprintInto(print, partitionOf(Buffer.from(key), evidence.topic.partitions), key, timestamp);
      const slot = versions.find(print);
      if (slot >= 0) versions.markCommitted(slot);
    }
  await report(searched, 'phantom', versions.uncommitted(), 'in the topic, but not in the journal of commits');
};
