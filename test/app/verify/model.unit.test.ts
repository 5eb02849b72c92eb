import fc from 'fast-check';
import { KINDS } from '../../../src/app/verify/findings.js';
import { judgeTopic } from '../../../src/app/verify/judge-topic.js';
import { partitionOf } from '../../../src/core/partition.js';
import type { Row } from '../../../src/core/pipeline.js';
import type { Transform } from '../../../src/core/transform.js';
import { codec, type Dead, evidenceOf, GROUP, type History, OTHER_GROUP, type Rec, topic } from './history.js';
import { type Counts, naive } from './naive.js';

const timeAt = (n: number): string =>
  `2026-11-21 01:${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}.000${n % 1000}`
    .padEnd(26, '0')
    .slice(0, 26);

const TRANSFORMS: Readonly<Record<string, Transform<Row, Row>>> = {
  keeps: (row) => [row],
  splits: (row) => (Number(row.id) % 3 === 0 ? [row, { ...row, name: 'second' }] : [row]),
  drops: (row) => (Number(row.id) % 3 === 0 ? [] : [row]),
  renames: ({ id, ...row }) => [{ ...row, id: `x${id}` }],
  forgets: ({ name }) => [{ name }],
  throws: (row) => {
    if (Number(row.id) % 3 === 0) throw new Error('three');
    return [row];
  },
};

type Step = Readonly<{ kind: 'change' | 'replay' | 'delete' | 'poison' | 'retry'; id: number; later: number }>;

const record = (id: number, time: string, at: number, name = `n${id}`): Rec => ({
  at,
  key: String(id),
  value: JSON.stringify({ id, name, changed: `${time.replace(' ', 'T')}Z` }),
});

/** A system that kept its promise. */
const play = (steps: readonly Step[], transformName: string, fresh: boolean): History => {
  const partitions: Rec[][] = [[], [], []];
  const rows = new Map<number, string>();
  const last = new Map<number, string>();
  const journal: { key: string; timestamp: string }[] = [];
  const dead: Dead[] = [];
  let clock = 10;
  const publish = (one: Rec) => partitions[partitionOf(Buffer.from(one.key ?? ''), 3)]?.push(one);
  const ends = () => new Map(partitions.map((all, partition) => [partition, BigInt(all.length)]));
  const replays = fresh ? [{ at: 'x', from: null as string | null, endOffsets: ends() }] : [];
  for (const { kind, id, later } of steps) {
    if (kind === 'change') {
      clock += later;
      const time = timeAt(clock);
      // The same moment would be the same version.
      if (last.get(id) === time) continue;
      publish(record(id, time, clock));
      rows.set(id, time);
      last.set(id, time);
      journal.push({ key: String(id), timestamp: time });
    } else if (kind === 'delete') {
      rows.delete(id);
      publish({ at: clock, key: String(id), value: null });
    } else if (kind === 'poison') partitions[id % 3]?.push({ at: clock, key: null, value: `bad ${id}` });
    else if (kind === 'retry') {
      // A group could not handle a record of a key, and gets it again, perhaps after a newer one.
      const partition = partitionOf(Buffer.from(String(id)), 3);
      const records = partitions[partition] ?? [];
      const isOfKey = ({ key, retry }: Rec) => key === String(id) && retry === undefined;
      const offset = later === 1 ? records.findLastIndex(isOfKey) : records.findIndex(isOfKey);
      const one = records[offset];
      const group = later === 0 ? OTHER_GROUP : GROUP;
      if (one === undefined || dead.some((letter) => letter.partition === partition && letter.offset === offset)) continue;
      dead.push({ partition, offset, group });
      publish({ ...one, at: clock, retry: { of: String(dead.length), group } });
    } else {
      const from = later === 0 ? null : timeAt(10 + id);
      replays.push({ at: 'x', from, endOffsets: ends() });
      const again = [...rows].filter(([, time]) => from === null || time >= from);
      for (const [one, time] of again.sort((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : a[0] - b[0])))
        publish(record(one, time, clock));
    }
  }
  const history: History = {
    partitions,
    starts: [0, 0, 0],
    ends: partitions.map(({ length }) => length),
    files: [[], []],
    rows: [...rows].map(([id, changed]) => ({ id, name: `n${id}`, changed })),
    dead,
    away: [-1, -1, -1],
    replays,
    position: timeAt(clock),
    committed: partitions.map(({ length }) => length),
    journal: fresh ? journal : null,
    transform: TRANSFORMS[transformName] as Transform<Row, Row>,
  };
  for (const [partition, records] of partitions.entries())
    for (const [offset, one] of records.entries()) {
      const file = history.files[partition % 2] ?? [];
      const kafka = { topic: topic.name, partition, offset, timestamp: one.at };
      const isDead = dead.some((letter) => letter.partition === partition && letter.offset === offset && letter.group === GROUP);
      if (isDead || one.retry?.group === OTHER_GROUP) continue;
      if (one.value === null) file.push(JSON.stringify({ id: Number(one.key), deleted: true, _kafka: kafka }));
      else
        try {
          const row = codec.decode(Buffer.from(one.value)) as Row;
          const results = history.transform(row, { ...kafka, offset: BigInt(offset) });
          for (const [index, value] of results.entries()) {
            const of = results.length === 1 ? {} : { part: index + 1, of: results.length };
            file.push(JSON.stringify({ ...value, _kafka: { ...kafka, ...of } }));
          }
        } catch {
          history.dead.push({ partition, offset, group: GROUP });
        }
    }
  return history;
};

type Spoil = Readonly<{ kind: number; a: number; b: number }>;

const at = <T>(items: readonly T[], index: number): number => (items.length === 0 ? -1 : index % items.length);

/** Ways to break a promise; each does nothing where there is nothing to break. */
const SPOILS: readonly ((history: History, a: number, b: number) => void)[] = [
  ({ files }, a, b) => void files[a % 2]?.splice(at(files[a % 2] ?? [], b), 1),
  ({ files }, a, b) => {
    const line = files[a % 2]?.[at(files[a % 2] ?? [], b)];
    if (line !== undefined) files[b % 2]?.splice(a % 5, 0, line);
  },
  ({ files }, a, b) => {
    const [file, index] = [files[a % 2] ?? [], at(files[a % 2] ?? [], b)];
    if (index >= 0) file[index] = (file[index] as string).replace(/"name":"n/, '"name":"m');
  },
  ({ files }, a, b) => {
    const [file, index] = [files[a % 2] ?? [], at(files[a % 2] ?? [], b)];
    if (index >= 0) file[index] = (file[index] as string).replace(/T01:0/, 'T02:0');
  },
  ({ files }, a, b) => {
    const [file, index] = [files[a % 2] ?? [], at(files[a % 2] ?? [], b)];
    if (index > 0) [file[index - 1], file[index]] = [file[index] as string, file[index - 1] as string];
  },
  ({ files }, a, b) =>
    void files[a % 2]?.splice(b % 4, 0, ['nonsense', '{"id":1}', '{"id":1,"_kafka":{"topic":"things"}}'][b % 3] as string),
  ({ files }, a, b) =>
    void files[a % 2]?.push(
      JSON.stringify({
        id: 1,
        name: 'n1',
        _kafka: { topic: b % 2 === 0 ? 'others' : 'things', partition: b % 4, offset: 100 + b, timestamp: 5 },
      }),
    ),
  ({ rows }, a) => void rows.push({ id: 100 + a, name: 'late', changed: timeAt(5 + (a % 20)) }),
  ({ rows }, a) => void rows.splice(at(rows, a), 1),
  ({ rows }, a) => {
    const index = at(rows, a);
    if (index >= 0) rows[index] = { ...rows[index], name: 'other' };
  },
  ({ partitions, ends, committed }, a, b) => {
    const records = partitions[a % 3] ?? [];
    const again = records[at(records, b)];
    if (again !== undefined) {
      records.push({ ...again });
      ends[a % 3] = records.length;
      if (b % 2 === 0) committed[a % 3] = records.length;
    }
  },
  ({ partitions, ends, committed }, a, b) => {
    const records = partitions[a % 3] ?? [];
    records.push(record(1 + (b % 6), timeAt(11 + b), 99, 'phantom'));
    ends[a % 3] = records.length;
    committed[a % 3] = records.length;
  },
  ({ committed, files }, a, b) => {
    committed[a % 3] = Math.max(0, (committed[a % 3] ?? 0) - b);
    if (b % 3 === 0) files[a % 2] = [];
  },
  ({ starts, ends }, a, b) => {
    starts[a % 3] = Math.min(ends[a % 3] ?? 0, (starts[a % 3] ?? 0) + b);
  },
  ({ dead }, a) => void dead.splice(at(dead, a), 1),
  ({ dead, rows }, a) => void dead.push({ key: String(rows[at(rows, a)]?.id ?? 7) }),
  ({ starts, ends }, a, b) => {
    ends[a % 3] = Math.max(starts[a % 3] ?? 0, (ends[a % 3] ?? 0) - b);
  },
  (history, a) => {
    history.position = a % 3 === 0 ? null : timeAt(10 + a);
  },
  ({ partitions }, a, b) => {
    const records = partitions[a % 3] ?? [];
    const one = records[at(records, b)];
    if (one !== undefined) one.key = '5';
  },
  ({ replays }) => void replays.shift(),
  ({ away, files }, a, b) => {
    away[a % 3] = b;
    if (b % 2 === 0) files[a % 2] = (files[a % 2] ?? []).slice(b % 5);
  },
  ({ dead }, a, b) => void dead.push({ partition: a % 3, offset: b, group: b % 2 === 0 ? GROUP : OTHER_GROUP }),
  ({ journal }, a) => void journal?.splice(at(journal, a), 1),
];

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant('change' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('replay' as const, 'delete' as const, 'poison' as const, 'retry' as const, 'retry' as const),
    },
  ),
  id: fc.integer({ min: 1, max: 9 }),
  later: fc.integer({ min: 0, max: 2 }),
});

const history: fc.Arbitrary<History> = fc
  .tuple(fc.array(step, { maxLength: 40, size: 'max' }), fc.constantFrom(...Object.keys(TRANSFORMS)), fc.boolean())
  .map(([steps, transform, fresh]) => play(steps, transform, fresh));

const spoils: fc.Arbitrary<readonly Spoil[]> = fc.array(
  fc.record({ kind: fc.nat({ max: SPOILS.length - 1 }), a: fc.nat({ max: 30 }), b: fc.nat({ max: 30 }) }),
  { maxLength: 5 },
);

const counted = async (of: History, deep: boolean, mostRecords: number): Promise<Counts> => {
  const verdict = await judgeTopic({ evidence: evidenceOf(of), deep, mostRecords, signal: new AbortController().signal });
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, verdict.findings[kind]?.count ?? 0]));
  for (const kind of KINDS) {
    const { count, byPartition, first } = verdict.findings[kind] ?? { count: 0, byPartition: {}, first: [] };
    const sum = Object.values(byPartition).reduce((all, one) => all + one, 0);
    if (kind !== 'broken') expect(sum).toBe(count);
    expect(first).toHaveLength(Math.min(10, count));
  }
  return {
    ...(kinds as Omit<Counts, 'waiting' | 'deadRows' | 'notJudged' | 'dropped' | 'away'>),
    waiting: verdict.table?.waiting ?? 0,
    deadRows: verdict.table?.dead ?? 0,
    notJudged: verdict.table?.notJudged ?? 0,
    dropped: verdict.records.dropped,
    away: verdict.records.away,
  };
};

const NUM_RUNS = 200;

describe('verification, against a naive oracle', () => {
  it.each([false, true])('a history that kept its promise is clean (deep: %s)', async (deep) => {
    await fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 1, max: 60 }), async (of, mostRecords) => {
        const found = await counted(of, deep, mostRecords);
        expect(found).toMatchObject(Object.fromEntries(KINDS.map((kind) => [kind, 0])));
      }),
      { numRuns: NUM_RUNS },
    );
  });

  it.each([false, true])('counts exactly what was spoilt, in any number of passes (deep: %s)', async (deep) => {
    await fc.assert(
      fc.asyncProperty(history, spoils, fc.integer({ min: 1, max: 60 }), async (of, broken, mostRecords) => {
        for (const { kind, a, b } of broken) SPOILS[kind]?.(of, a, b);
        expect(await counted(of, deep, mostRecords)).toEqual(naive(of, deep));
      }),
      { numRuns: NUM_RUNS },
    );
  });
});
