import type { Evidence } from '../../../src/app/verify/evidence.js';
import { checkJournal } from '../../../src/app/verify/journal.js';
import { judgeTopic } from '../../../src/app/verify/judge-topic.js';
import { planPasses } from '../../../src/app/verify/passes.js';
import { progressCounter } from '../../../src/app/verify/progress.js';
import { mustBeThere, replayCounter } from '../../../src/app/verify/replays.js';
import { progressLine } from '../../../src/commands/verify-progress.js';
import { partitionOf } from '../../../src/core/partition.js';
import { evidenceOf, GROUP, type History, topic } from './history.js';

const offsets = (...numbers: number[]) => new Map(numbers.map((number, partition) => [partition, BigInt(number)]));

describe('passes', () => {
  it('take as many partitions together as fit', () => {
    const passes = planPasses(offsets(0, 5, 0), offsets(10, 15, 10), 20);
    expect(passes.map(({ windows, places }) => [windows.map(({ partition, base }) => [partition, base]), places])).toEqual([
      [
        [
          [0, 0],
          [1, 10],
        ],
        20,
      ],
      [[[2, 0]], 10],
    ]);
  });

  it('read a partition that is too large once for each part of its keys', () => {
    const passes = planPasses(offsets(0, 0), offsets(25, 1), 10);
    expect(passes.map(({ windows, part, parts }) => [windows.length, part, parts])).toEqual([
      [1, 0, 3],
      [1, 1, 3],
      [1, 2, 3],
      [1, 0, 1],
    ]);
  });
});

it('a journal that is not there is refused before anything is read', async () => {
  await expect(checkJournal('/none/there')).rejects.toMatchObject({ code: 'JOURNAL_INVALID', kind: 'configuration' });
});

describe('replays', () => {
  const replays = [
    { at: '', from: null, endOffsets: offsets(3) },
    { at: '', from: '2026-01-05', endOffsets: offsets(8) },
  ];

  it('are told by offset', () => {
    const of = replayCounter(replays, 0);
    expect([0, 2, 3, 7, 8, 100].map(of)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(replayCounter(replays, 1)(0)).toBe(2);
  });

  const latest = new Map([[1, '2026-01-03']]);
  it.each([
    ['in the first, up to what it reached', '2026-01-02', false, true],
    ['between the two: passed over', '2026-01-04', true, false],
    ['in the last, as far as that has come', '2026-01-06', true, true],
    ['later than the last has come', '2026-01-06', false, false],
  ])('a row %s', (_what, time, reachedByLast, expected) => {
    expect(mustBeThere(replays, { removed: false, oldest: null, latest }, time, reachedByLast)).toBe(expected);
  });

  it('a row whose records were removed cannot be judged, a later one can', () => {
    const all = [{ at: '', from: null, endOffsets: offsets(0) }];
    const reached = { removed: true, oldest: { replay: 1, timestamp: '2026-01-03' }, latest };
    expect(mustBeThere(all, reached, '2026-01-02', true)).toBe(false);
    expect(mustBeThere(all, reached, '2026-01-04', true)).toBe(true);
    expect(mustBeThere(all, { ...reached, oldest: null }, '2026-01-04', true)).toBe(false);
  });
});

type Tableless = Readonly<{ at: number[]; committed: number }> &
  Pick<History, 'files' | 'transform'> &
  Partial<Pick<History, 'dead' | 'away'>>;

/** One partition of records that say when they were written, without a table behind them. */
const tableless = ({ at, files, committed, transform, dead = [], away = [] }: Tableless): Evidence => ({
  ...evidenceOf({
    partitions: [at.map((n) => ({ at: n, key: 'k', value: JSON.stringify({ n }) })), [], []],
    starts: [0, 0, 0],
    ends: [at.length, 0, 0],
    files,
    rows: [],
    dead,
    away,
    replays: [],
    position: null,
    committed: [committed, 0, 0],
    journal: null,
    transform,
  }),
  topic: { ...topic, partitions: 1, key: () => 'k' },
  table: null,
});

describe('a topic without a table', () => {
  it('is compared with its logs alone', async () => {
    const of = (files: string[][]) => tableless({ at: [1, 2, 3], files, committed: 3, transform: (row) => [row] });
    const line = (n: number) => `{"n":${n},"_kafka":{"topic":"things","partition":0,"offset":${n - 1},"timestamp":${n}}}`;
    const judge = async (files: string[][], deep: boolean) => {
      const verdict = await judgeTopic({ evidence: of(files), deep, mostRecords: 10, signal: new AbortController().signal });
      const { lost, gap, duplicate, divergent } = verdict.findings;
      return [verdict.table, lost.count, gap.count, duplicate.count, divergent.count];
    };
    for (const deep of [false, true]) {
      expect(await judge([[line(1), line(2), line(3)]], deep)).toEqual([null, 0, 0, 0, 0]);
      expect(await judge([[line(1)], [line(3), line(1)]], deep)).toEqual([null, 1, 1, 1, 0]);
    }
    expect(await judge([[line(1), line(2).replace('"n":2', '"n":5'), line(3)]], true)).toEqual([null, 0, 0, 0, 1]);
  });
});

describe('a record whose results no line can hold', () => {
  const transform: History['transform'] = ({ n, ...row }) => [{ n: n === 2 ? Number.NaN : n, ...row }];
  const line = (n: number) => `{"n":${n},"_kafka":{"topic":"things","partition":0,"offset":${n - 1},"timestamp":${n}}}`;
  const wrong = async (lines: string[], inDeadLetters: boolean, deep: boolean, awayTo = -1) => {
    const dead = inDeadLetters ? [{ partition: 0, offset: 1, group: GROUP }] : [];
    const evidence = tableless({ at: [1, 2, 3], files: [lines], committed: 3, transform, dead, away: [awayTo] });
    const { findings } = await judgeTopic({ evidence, deep, mostRecords: 10, signal: new AbortController().signal });
    return Object.entries(findings).flatMap(([kind, one]) => (one?.first ?? []).map(({ what }) => `${kind}: ${what}`));
  };

  it.each([false, true])('is expected in the dead letters, deep or not: %s', async (deep) => {
    const others = [line(1), line(3)];
    expect(await wrong(others, true, deep)).toEqual([]);
    const missing = await wrong(others, false, deep);
    expect(missing).toContainEqual(expect.stringMatching(/^gap: .*not in the dead letters either: .*JSON has no number NaN/));
    // A log that was moved away cannot hold it either.
    expect(await wrong(others, false, deep, 2)).toEqual(missing);
  });

  it('is divergent where a line says otherwise', async () => {
    expect(await wrong([line(1), line(2), line(3)], false, true)).toEqual([
      expect.stringMatching(/^divergent: .*it belongs into the dead letters: .*JSON has no number NaN/),
    ]);
  });
});

describe('a topic whose workers write while the logs are read', () => {
  const transform: History['transform'] = (row) => [row, row];
  const line = (offset: number, part: number) =>
    JSON.stringify({ n: offset, _kafka: { topic: 'things', partition: 0, offset, timestamp: offset, part, of: 2 } });
  const whole = (offset: number) => [line(offset, 1), line(offset, 2)];

  const wrong = async (files: string[][], bytes: (file: number, all: number) => number) => {
    const evidence = tableless({ at: [0, 1, 2], files, committed: 1, transform });
    const logs = evidence.logs && {
      ...evidence.logs,
      files: evidence.logs.files.map((file, index) => ({ ...file, bytes: bytes(index, file.bytes) })),
    };
    const { findings } = await judgeTopic({
      evidence: { ...evidence, logs },
      deep: true,
      mostRecords: 10,
      signal: new AbortController().signal,
    });
    return Object.fromEntries(Object.entries(findings).flatMap(([kind, one]) => (one?.count ? [[kind, one.count]] : [])));
  };

  it('lacks what is missing before a line that was there at first, and only that', async () => {
    const files = [whole(0), whole(2)];
    expect(await wrong(files, (_, all) => all)).toEqual({ gap: 1, lost: 1 });
    expect(await wrong(files, (file, all) => (file === 0 ? all : 0))).toEqual({ lag: 1 });
  });

  it('does not lack a record of which the first line was there alone', async () => {
    expect(await wrong([[...whole(0), line(1, 1)]], (_, all) => all)).toEqual({ lag: 2 });
  });
});

describe('progress', () => {
  it('tells part, rate and time left', () => {
    let now = 0;
    const counter = progressCounter({ logs: 180_000, topic: 1000, table: 2000, order: 0 }, () => now);
    counter.add('logs', 180_000);
    now = 2_000;
    expect(counter.now()).toEqual({ phase: 'logs', part: 0.25, perSecond: 500, secondsLeft: 6 });
    expect(progressLine('things', counter.now())).toBe(
      'things [########......................] 25 %  500/s  6 s left  reading the logs',
    );
    counter.add('order', 9_000);
    expect(counter.now().part).toBe(1);
  });
});

describe('a record that was sent again', () => {
  const old = { at: 1, key: '1', value: JSON.stringify({ id: 1, name: 'n', changed: '2026-11-21T01:00:01.000000Z' }) };
  const newer = { at: 2, key: '1', value: JSON.stringify({ id: 1, name: 'n', changed: '2026-11-21T01:00:02.000000Z' }) };
  const again = (at: number, of: string) => ({ ...old, at, retry: { of, group: GROUP } });
  const partition = partitionOf(Buffer.from('1'), 3);
  const perPartition = <T>(here: T, elsewhere: T): T[] => [0, 1, 2].map((number) => (number === partition ? here : elsewhere));

  const found = async (
    records: readonly (typeof old & Pick<ReturnType<typeof again>, 'at'>)[],
    changes: Partial<History> = {},
  ) => {
    const line = ({ value, at }: typeof old, offset: number) =>
      JSON.stringify({ ...JSON.parse(value), _kafka: { topic: topic.name, partition, offset, timestamp: at } });
    const evidence = evidenceOf({
      partitions: perPartition([...records], []),
      starts: [0, 0, 0],
      ends: perPartition(records.length, 0),
      files: [records.map(line).slice(1)],
      rows: [{ id: 1, name: 'n', changed: '2026-11-21 01:00:02.000000' }],
      dead: [{ partition, offset: 0, group: GROUP }],
      away: [],
      replays: [{ at: '', from: null, endOffsets: offsets(0, 0, 0) }],
      position: '2026-11-21 01:00:02.000000',
      committed: perPartition(records.length, 0),
      journal: null,
      transform: (row) => [row],
      ...changes,
    });
    const {
      table,
      findings,
      records: counts,
    } = await judgeTopic({
      evidence,
      deep: true,
      mostRecords: 100,
      signal: new AbortController().signal,
    });
    const kinds = Object.entries(findings).flatMap(([kind, one]) => (one?.count ? [[kind, one.count]] : []));
    return { ...Object.fromEntries(kinds), retries: counts.retries, ...(table?.notJudged ? { notJudged: table.notJudged } : {}) };
  };

  it('is neither twice nor out of order', async () => {
    expect(await found([old, newer, again(3, '0')])).toEqual({ retries: 1 });
    // Another letter of the same record is another retry.
    expect(await found([old, newer, again(3, '0'), again(4, '7')])).toEqual({ retries: 2 });
    // One that is out of order itself makes keys be looked at one by one.
    expect(await found([old, newer, again(3, '0'), old])).toEqual({ retries: 1, duplicate: 1, outOfOrder: 1 });
  });

  it('belongs to no replay: the replay may bring its version once more', async () => {
    const replays = [0, 1].map((begins) => ({ at: '', from: null, endOffsets: new Map([[partition, BigInt(begins)]]) }));
    const rows = [{ id: 1, name: 'n', changed: '2026-11-21 01:00:01.000000' }];
    expect(await found([old, again(3, '0'), old], { replays, rows })).toEqual({ retries: 1 });
  });

  it('does not tell from when on the topic has its records, where retention has removed some', async () => {
    const other = [2, 3, 4, 5, 6, 7].find((id) => partitionOf(Buffer.from(String(id)), 3) === partition);
    // Its record was removed, as was the first of the one that was sent again.
    const rows = [{ id: other, name: 'n', changed: '2026-11-21 01:00:01.500000' }];
    expect(await found([old, again(3, '0'), newer], { starts: perPartition(1, 0), rows })).toEqual({ retries: 1, notJudged: 1 });
  });

  it('is a duplicate where one dead letter was sent again twice', async () => {
    expect(await found([old, newer, again(3, '0'), again(4, '0')])).toEqual({ retries: 2, duplicate: 1 });
  });
});
