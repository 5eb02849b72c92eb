import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { isTransient } from '../../../src/core/errors.js';
import type { RecordTimestamp, Row, SinkParts } from '../../../src/core/pipeline.js';
import type { Sink } from '../../../src/core/sink.js';
import { failureOf } from '../../contracts/failure.js';
import { result, results } from '../../contracts/sink.contract.js';
import { rememberingOutput } from '../../support/parts.js';
import { newWorld, type World } from './world.js';

const AT = [{ topic: 'orders', partition: 0 }];

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.remove());

const opened = async (changes: Partial<SinkParts> = {}): Promise<Sink<Row>> => {
  const sink = world.sink(changes);
  await sink.open?.();
  return sink;
};

const joined = async (changes: Partial<SinkParts> = {}): Promise<Sink<Row>> => {
  const sink = await opened(changes);
  await sink.begin?.(undefined);
  await sink.resume?.(AT);
  return sink;
};

/** A snapshot of offsets 0 to 2, left behind in good order. */
const left = async (): Promise<string> => {
  const sink = await joined();
  await sink.write(results(0, 0, 3));
  await sink.close?.();
  return world.text();
};

describe('where a snapshot begins', () => {
  it('is the beginning where there is none, until it stands in the file', async () => {
    const sink = await opened();
    expect(await sink.begin?.(undefined)).toBe('beginning');
    expect(await world.files()).toEqual(['worker.lock']);
    expect(await sink.begin?.(undefined)).toBe('beginning');
    await sink.resume?.(AT);
    expect(await sink.begin?.(undefined)).toBeUndefined();
    expect(JSON.parse(await world.text())).toEqual({ sum: 0, results: [], _rowbridge: { counted: {} } });
  });

  it('is where it stopped, when it is there', async () => {
    await left();
    const sink = await opened();
    expect(await sink.begin?.(undefined)).toBeUndefined();
    expect(await sink.resume?.(AT)).toEqual(new Map([['orders/0', 3n]]));
  });

  it.each(['beginning', 'latest'] as const)(
    'is where a person asks: %s; what was counted before is kept aside',
    async (asked) => {
      const text = await left();
      const sink = await opened();
      expect(await sink.begin?.(asked)).toBe(asked);
      const [aside = ''] = await world.files();
      expect(aside).toMatch(/^seen\.json\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/);
      expect(world.warnings()).toEqual([
        { level: 'warn', message: 'the numbers begin anew', facts: { file: world.path, keptIn: `${world.folder}/${aside}` } },
      ]);
      expect(await sink.resume?.(AT)).toEqual(new Map());
      await sink.write([result(0, 9)]);
      expect((await world.written()).map(({ id }) => id)).toEqual([9]);
      await rename(`${world.folder}/${aside}`, world.path);
      expect(await world.text()).toBe(text);
    },
  );

  it('is still where the person asked when the group could not be joined in between', async () => {
    await left();
    const sink = await opened();
    expect(await sink.begin?.('latest')).toBe('latest');
    expect(await sink.begin?.(undefined)).toBe('latest');
    await sink.resume?.(AT);
    expect(await sink.begin?.(undefined)).toBeUndefined();
    await sink.write([result(0, 9)]);
    await rm(world.path);
    expect(await sink.begin?.(undefined)).toBe('beginning');
  });

  it('is the beginning where somebody has deleted the file', async () => {
    await left();
    await rm(world.path);
    const sink = await opened();
    expect(await sink.begin?.(undefined)).toBe('beginning');
    expect(world.warnings()).toEqual([]);
  });

  it.each<[string, RecordTimestamp]>([
    ['ends before the last record counted', { kind: 'beyond' }],
    ['has another record there', { kind: 'found', timestamp: 1_800_000_000_000 }],
  ])('is the beginning where the topic was made anew and %s', async (_, found) => {
    await left();
    world.topic.timestamp = () => found;
    const sink = await opened();
    expect(await sink.begin?.(undefined)).toBe('beginning');
    expect((await world.files()).filter((name) => name.startsWith('seen.json'))).toEqual([
      expect.stringMatching(/^seen\.json\.\d{4}-/),
    ]);
    expect(world.warnings()).toMatchObject([{ message: 'the topic was made anew: the numbers begin anew' }]);
    await sink.resume?.(AT);
    await sink.write(results(0, 0, 2));
    expect((await world.written()).map(({ id }) => id)).toEqual([0, 1]);
  });

  it('is where it stopped where the topic no longer holds the last record counted', async () => {
    await left();
    world.topic.timestamp = () => ({ kind: 'gone' });
    expect(await (await opened()).begin?.(undefined)).toBeUndefined();
  });

  it('asks of every partition whether it is still the same topic', async () => {
    const sink = await joined();
    await sink.write([...results(0, 0, 3), ...results(1, 0, 2), ...results(2, 0, 1)]);
    await sink.close?.();
    const asked: string[] = [];
    const readRecordTimestamp: SinkParts['readRecordTimestamp'] = async (topic, partition, offset) => {
      asked.push(`${topic}/${partition}@${offset}`);
      return world.topic.timestamp(offset);
    };
    await (await opened({ readRecordTimestamp })).begin?.(undefined);
    expect(asked).toEqual(['orders/0@2', 'orders/1@1', 'orders/2@0']);
  });
});

describe('a snapshot that is damaged', () => {
  it.each([
    ['is empty', () => ''],
    ['is cut off', (text: string) => text.slice(0, -20)],
    ['is no JSON', (text: string) => text.replace(':', ';')],
    ['is a list', () => '[]'],
    ['does not say how far it goes', (text: string) => text.replace('_rowbridge', 'x')],
    ['goes to an offset that is none', (text: string) => text.replace(/"2"(,\s+"timestamp")/, '"-2"$1')],
    ['goes to an offset that may not be exact', (text: string) => text.replace(/"2"(,\s+"timestamp")/, '2$1')],
    ['has other numbers', (text: string) => text.replace('"sum": 3', '"sum": "3"')],
  ])('and %s is refused, and left as it is', async (_, damage) => {
    const damaged = damage(await left());
    await world.put(damaged);
    const sink = await opened();
    const error = await failureOf(async () => sink.begin?.(undefined));
    expect(error).toMatchObject({ code: 'SNAPSHOT_INVALID', kind: 'integrity' });
    expect(error.message).toContain(world.path);
    expect(await failureOf(async () => sink.resume?.(AT))).toMatchObject({ kind: 'integrity' });
    expect(await failureOf(() => sink.write(results(0, 3, 4)))).toMatchObject({ kind: 'integrity' });
    await sink.close?.();
    expect(await world.text()).toBe(damaged);
    expect(await world.files()).toEqual(['seen.json']);
  });

  it('is put aside where a person asks to begin anew', async () => {
    await left();
    await world.put('broken');
    expect(await (await opened()).begin?.('beginning')).toBe('beginning');
  });

  it('or cannot be read is named', async () => {
    await mkdir(world.path, { recursive: true });
    const error = await failureOf(async () => (await opened()).begin?.(undefined));
    expect(error).toMatchObject({ code: 'SNAPSHOT_UNREADABLE', kind: 'environment' });
    expect(error.message).toContain(world.path);
  });
});

describe('the folder of a snapshot', () => {
  it('is refused to a second process, which is told who holds it', async () => {
    await joined();
    const error = await failureOf(() => opened({ instance: 'another' }));
    expect(error).toMatchObject({ code: 'LOG_LOCKED', kind: 'environment' });
    expect(error.message).toContain(`process ${process.pid}`);
  });

  it('is free again once the sink is closed', async () => {
    await left();
    await opened();
  });

  it('is named when it cannot be made', async () => {
    await writeFile(world.folder, 'a file in its place');
    const error = await failureOf(() => opened());
    expect(error).toMatchObject({ code: 'DIRECTORY_NOT_WRITABLE', kind: 'environment' });
    expect(error.message).toContain(world.folder);
  });

  it('that was deleted under a running worker is made anew, and everything is counted again', async () => {
    const sink = await joined();
    await sink.write(results(0, 0, 3));
    await rm(world.folder, { recursive: true });
    expect(isTransient(await failureOf(() => sink.write(results(0, 3, 4))))).toBe(true);
    expect(await sink.begin?.(undefined)).toBe('beginning');
    await sink.resume?.(AT);
    await sink.write(results(0, 0, 4));
    expect((await world.written()).map(({ id }) => id)).toEqual([0, 1, 2, 3]);
    expect(await world.files()).toEqual(['seen.json', 'worker.lock']);
    expect(await failureOf(() => opened())).toMatchObject({ code: 'LOG_LOCKED' });
  });

  it('has nothing of a batch that cannot be counted, neither on the disk nor in memory', async () => {
    const sink = await joined();
    await sink.write(results(0, 0, 2));
    const failure = await failureOf(() => sink.write([...results(0, 2, 4), result(0, 4, { id: Number.NaN })]));
    expect(failure).toMatchObject({ code: 'SNAPSHOT_VALUE_UNCOUNTABLE', kind: 'record' });
    await sink.write([...results(0, 2, 4), result(0, 5)]);
    expect((await world.written()).map(({ id }) => id)).toEqual([0, 1, 2, 3, 5]);
  });

  it('that another has taken over is not written to any more, and not asked for again', async () => {
    const slow = await joined();
    await slow.write(results(0, 0, 3));
    await world.kill();
    const quick = await joined();
    await quick.write(results(0, 3, 5));
    const text = await world.text();
    expect(isTransient(await failureOf(() => slow.write(results(0, 3, 4))))).toBe(true);
    expect(await failureOf(async () => slow.begin?.(undefined))).toMatchObject({ code: 'LOG_LOCKED', kind: 'environment' });
    await slow.close?.();
    expect(await world.text()).toBe(text);
    await quick.write(results(0, 5, 6));
    expect((await world.written()).map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('a snapshot whose file is removed while its worker runs', () => {
  it('stands there again with the next batch', async () => {
    const sink = await joined();
    await sink.write(results(0, 0, 3));
    await rm(world.path);
    await sink.write(results(0, 3, 4));
    expect((await world.written()).map(({ id }) => id)).toEqual([0, 1, 2, 3]);
  });

  it('is not begun in the middle of the topic by a rebalance', async () => {
    const sink = await joined();
    await sink.write(results(0, 0, 3));
    await rm(world.path);
    expect(await failureOf(async () => sink.resume?.(AT))).toMatchObject({ code: 'SNAPSHOT_GONE', kind: 'transient' });
    expect(await failureOf(() => sink.write(results(0, 3, 4)))).toMatchObject({ code: 'SNAPSHOT_GONE' });
    expect(await sink.begin?.(undefined)).toBe('beginning');
  });
});

describe('the numbers are shown', () => {
  const countsShown = () => world.shown.filter((line) => line.endsWith('results')).map((line) => Number.parseInt(line, 10));

  it('after so many values, however they come, and at the end', async () => {
    const sink = await joined();
    await sink.write(results(0, 0, 3));
    expect(countsShown()).toEqual([]);
    await sink.write(results(0, 3, 6));
    expect(world.shown).toEqual(['5 results', 'sum 10']);
    await sink.write(results(0, 6, 17));
    expect(countsShown()).toEqual([5, 10, 15]);
    await sink.close?.();
    expect(countsShown()).toEqual([5, 10, 15, 17]);
    await sink.close?.();
    expect(countsShown()).toEqual([5, 10, 15, 17]);
  });

  it('after as many as a person wants', async () => {
    const sink = await joined({ every: 2 });
    await sink.write(results(0, 0, 5));
    expect(countsShown()).toEqual([2, 4]);
  });

  it('when they stand in the file only, and once, though a save failed', async () => {
    const sink = await joined();
    await mkdir(`${world.path}.tmp`);
    for (let times = 0; times < 3; times++) expect(isTransient(await failureOf(() => sink.write(results(0, 0, 6))))).toBe(true);
    expect(countsShown()).toEqual([]);
    await rm(`${world.path}.tmp`, { recursive: true });
    await sink.write(results(0, 0, 6));
    expect(countsShown()).toEqual([5]);
    await sink.write(results(0, 6, 9));
    expect(countsShown()).toEqual([5]);
    await sink.write(results(0, 9, 10));
    expect(countsShown()).toEqual([5, 10]);
  });

  it('not for values that are counted already', async () => {
    const sink = await joined();
    await sink.write(results(0, 0, 4));
    await sink.write(results(0, 0, 4));
    expect(countsShown()).toEqual([]);
  });

  it('at the end of a run in which nothing came', async () => {
    await left();
    world.shown.length = 0;
    const sink = await joined();
    await sink.close?.();
    expect(world.shown).toEqual(['3 results', 'sum 3']);
  });

  it('and the folder is let go though nobody can see them any more', async () => {
    const output = { ...rememberingOutput(), lines: () => Promise.reject(new Error('gone')) };
    const sink = await joined({ output });
    await expect(sink.close?.()).rejects.toThrow('gone');
    await opened();
  });
});
