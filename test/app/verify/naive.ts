import { partitionOf } from '../../../src/core/partition.js';
import type { Row } from '../../../src/core/pipeline.js';
import { codec, type History, OTHER_GROUP, type Rec, topic } from './history.js';

export type Counts = Record<
  'lost' | 'phantom' | 'duplicate' | 'divergent' | 'outOfOrder' | 'gap' | 'misplaced' | 'broken' | 'lag',
  number
> & {
  waiting: number;
  deadRows: number;
  notJudged: number;
  dropped: number;
  away: number;
};

type Line = { partition: number; offset: number; timestamp: number; part: number; of: number; text: string };

const parse = (text: string): Line | null | 'other' => {
  try {
    const { _kafka } = JSON.parse(text);
    if (typeof _kafka?.offset !== 'number') return null;
    if (_kafka.topic !== topic.name) return 'other';
    return { part: 1, of: 1, ..._kafka, text };
  } catch {
    return null;
  }
};

const canonical = (time: unknown): string => String(time).replace('T', ' ').replace('Z', '');

type Read = { row?: Row; bad?: string; tombstone?: true };

const read = ({ value }: Rec): Read => {
  if (value === null) return { tombstone: true };
  try {
    return { row: codec.decode(Buffer.from(value)) as Row };
  } catch (error) {
    return { bad: String(error) };
  }
};

/** The lines that a record has to have; a text where it belongs into the dead letters. */
const linesFor = ({ transform }: History, record: Rec, partition: number, offset: number): string[] | string => {
  const { row, bad } = read(record);
  if (bad !== undefined) return bad;
  const kafka = { topic: topic.name, partition, offset, timestamp: record.at };
  if (row === undefined) {
    const id = /^\d+$/.test(record.key ?? '') ? Number(record.key) : record.key;
    return [JSON.stringify({ id, deleted: true, _kafka: kafka })];
  }
  try {
    const results = transform(row, { ...kafka, offset: BigInt(offset) });
    return results.map((result, index) =>
      JSON.stringify({ ...result, _kafka: results.length === 1 ? kafka : { ...kafka, part: index + 1, of: results.length } }),
    );
  } catch (error) {
    return String(error);
  }
};

const shallow = (lines: readonly string[]): string =>
  JSON.stringify(
    lines.map((text) => {
      const { id, changed, _kafka } = JSON.parse(text);
      return [id === null ? null : String(id), changed, _kafka.timestamp];
    }),
  );

/** What is in the logs, by place, and what they have twice or out of order. */
const readLogs = (history: History) => {
  const whole = new Map<string, string[]>();
  const mixed = new Set<string>();
  const next = new Map<number, number>();
  const counts = { duplicate: 0, broken: 0, outOfOrder: 0, strangers: 0 };
  for (const file of history.files) {
    const highest = new Map<number, number>();
    let open: Line[] = [];
    for (const text of file) {
      const line = parse(text);
      if (line === null) {
        counts.broken++;
        open = [];
        continue;
      }
      if (line === 'other') continue;
      const { partition, offset, part, of } = line;
      // Whatever comes between the lines of one record parts them.
      if (open[0] !== undefined && (open[0].partition !== partition || open[0].offset !== offset)) open = [];
      if (part === of) next.set(partition, Math.max(next.get(partition) ?? 0, offset + 1));
      if (offset >= (history.partitions[partition]?.length ?? 0)) counts.strangers++;
      if (offset < (history.starts[partition] ?? 0) || offset >= (history.ends[partition] ?? 0)) continue;
      if (offset < (highest.get(partition) ?? -1)) counts.outOfOrder++;
      highest.set(partition, Math.max(highest.get(partition) ?? -1, offset));
      const place = `${partition}/${offset}`;
      const known = whole.get(place);
      if (known !== undefined) {
        counts.duplicate++;
        if (of === 1 && (known.length !== 1 || known[0] !== text)) mixed.add(place);
        continue;
      }
      if (open.length > 0 && part <= open.length) counts.duplicate++;
      else if (part === open.length + 1 && (open.length === 0 || open[0]?.of === of)) {
        open.push(line);
        if (part === of) {
          whole.set(
            place,
            open.map((one) => one.text),
          );
          open = [];
        }
      } else open = [];
    }
  }
  return { whole, mixed, next, counts };
};

const inReplay = (history: History, partition: number, offset: number): number =>
  history.replays.filter(({ endOffsets }) => Number(endOffsets.get(partition) ?? 0n) <= offset).length;

/** Counts with maps of texts, everything at once, what the verification counts with fingerprints in passes. */
export const naive = (history: History, deep: boolean): Counts => {
  const { whole, mixed, next, counts } = readLogs(history);
  const result: Counts = {
    lost: 0,
    phantom: 0,
    duplicate: counts.duplicate,
    divergent: counts.strangers,
    outOfOrder: counts.outOfOrder,
    gap: 0,
    misplaced: 0,
    broken: counts.broken,
    lag: 0,
    waiting: 0,
    deadRows: 0,
    notJudged: 0,
    dropped: 0,
    away: 0,
  };
  const inLogs = new Map<string, boolean>();
  const payloads = new Map<string, string>();
  const lastReplay = new Map<string, number>();
  const newest = new Map<string, string>();
  const reached = history.partitions.map(() => new Map<number, { first: string; latest: string }>());
  history.partitions.forEach((records, partition) => {
    const [start, end] = [history.starts[partition] ?? 0, history.ends[partition] ?? 0];
    const retries = new Set<string>();
    const passed = Math.max(history.committed[partition] ?? 0, next.get(partition) ?? 0);
    records.slice(0, end).forEach((record, offset) => {
      if (offset < start) return;
      const place = `${partition}/${offset}`;
      const { row } = read(record);
      const key = row === undefined ? null : topic.key(row);
      const time = row === undefined ? '' : canonical(row.changed);
      const replay = inReplay(history, partition, offset);
      if (key !== null && key !== record.key) result.divergent++;
      if (record.key !== null && partitionOf(Buffer.from(record.key), 3) !== partition) result.misplaced++;
      const expected = linesFor(history, record, partition, offset);
      const lines = whole.get(place);
      let accounted = true;
      if (lines !== undefined) {
        const says = (all: readonly string[]) => (deep ? all.join('\n') : shallow(all));
        const mixedHere =
          mixed.has(place) &&
          (deep ||
            history.files.flat().some((text) => {
              const line = parse(text);
              return (
                line !== null &&
                line !== 'other' &&
                `${line.partition}/${line.offset}` === place &&
                line.of === 1 &&
                (lines.length !== 1 || shallow([text]) !== shallow(lines))
              );
            }));
        if (record.retry?.group === OTHER_GROUP || mixedHere || typeof expected === 'string' || says(expected) !== says(lines))
          result.divergent++;
      } else if (
        history.dead.some(
          (letter) => letter.partition === partition && letter.offset === offset && letter.group !== OTHER_GROUP,
        ) ||
        record.retry?.group === OTHER_GROUP
      )
        accounted = true;
      else if (offset >= passed && offset > (history.away[partition] ?? -1)) result.lag++;
      else if (typeof expected !== 'string' && expected.length === 0) result.dropped++;
      else if (typeof expected !== 'string' && offset <= (history.away[partition] ?? -1)) result.away++;
      else {
        result.gap++;
        accounted = false;
      }
      if (record.retry !== undefined) {
        if (retries.has(record.retry.of)) result.duplicate++;
        retries.add(record.retry.of);
        if (record.retry.group === OTHER_GROUP) return;
      }
      if (key === null || row === undefined) {
        if (!accounted) result.lost++;
        return;
      }
      const version = `${partition} ${key} ${time}`;
      const payload = codec.encode(row).toString();
      const isRetry = record.retry !== undefined;
      if (!isRetry && replay > 0 && lastReplay.get(version) === replay) result.duplicate++;
      if (deep && payloads.has(version) && payloads.get(version) !== payload) result.divergent++;
      if (!payloads.has(version)) payloads.set(version, payload);
      if (!isRetry) lastReplay.set(version, replay);
      inLogs.set(version, accounted || inLogs.get(version) === true);
      if (isRetry) return;
      if (replay > 0) {
        const before = newest.get(`${partition} ${key} ${replay}`) ?? '';
        if (time < before) result.outOfOrder++;
        else newest.set(`${partition} ${key} ${replay}`, time);
      }
      const here = reached[partition]?.get(replay);
      if (here === undefined) reached[partition]?.set(replay, { first: time, latest: time });
      else if (time > here.latest) here.latest = time;
    });
  });
  for (const accounted of inLogs.values()) if (!accounted) result.lost++;
  const committed = (history.journal ?? []).map(
    ({ key, timestamp }) => `${partitionOf(Buffer.from(key), 3)} ${key} ${timestamp}`,
  );
  for (const version of inLogs.keys()) if (history.journal !== null && !committed.includes(version)) result.phantom++;
  for (const row of history.rows) {
    const key = topic.key(row);
    const partition = partitionOf(Buffer.from(key), 3);
    const time = canonical(row.changed);
    const version = `${partition} ${key} ${time}`;
    if (inLogs.has(version)) {
      if (deep && payloads.get(version) !== codec.encode(row).toString()) result.divergent++;
      continue;
    }
    if (history.dead.some((letter) => letter.key === key && letter.offset === undefined && letter.group !== OTHER_GROUP)) {
      result.deadRows++;
      continue;
    }
    const due = history.position !== null && time <= history.position;
    const removed = (history.starts[partition] ?? 0) > 0;
    const seen = reached[partition] ?? new Map();
    const oldest = Math.min(...seen.keys());
    const must = history.replays.some(({ from }, index) => {
      const replay = index + 1;
      if (removed && (seen.size === 0 || replay < oldest)) return false;
      const begin = removed && replay === oldest ? seen.get(replay)?.first : from;
      if (begin != null && time < begin) return false;
      return replay === history.replays.length ? due : time <= (seen.get(replay)?.latest ?? '');
    });
    if (must) result.lost++;
    else if (due) result.notJudged++;
    else result.waiting++;
  }
  return result;
};
