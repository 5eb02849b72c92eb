import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTransient } from '../../../src/core/errors.js';
import { lastLogged } from '../../../src/sinks/json-log/index.js';
import { results } from '../../contracts/sink.contract.js';
import { failure, newStage } from './stage.js';
import { newWorld, type World } from './world.js';

const assigned = [{ topic: 'orders', partition: 0 }];
const next = (offset: bigint) => new Map([['orders/0', offset]]);
const now = () => new Date('2026-11-21T01:22:33Z');
const isRotated = (name: string) => /^consumer_log\.\d.*\.json$/.test(name);
const isCarried = (name: string) => name.startsWith('consumer_log.last-');

/** All offsets in an instance's logs, the rotated ones first. */
const offsetsIn = (directory: string): number[] =>
  [
    ...readdirSync(directory)
      .filter(isRotated)
      .sort((a, b) => a.length - b.length || (a < b ? -1 : 1)),
    'consumer_log.json',
  ]
    .flatMap((name) => {
      try {
        return readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1);
      } catch {
        return [];
      }
    })
    .map((line) => JSON.parse(line)._kafka.offset);

describe('a log that is rotated', () => {
  let world: World;

  beforeEach(async () => {
    world = await newWorld();
  });

  afterEach(() => world.remove());

  const leave = async (to = 6, rotateBytes = 300): Promise<void> => {
    const sink = world.sink('w1', { rotateBytes, now });
    await sink.resume(assigned);
    for (let offset = 0; offset < to; offset++) await sink.write(results(0, offset, offset + 1));
    await sink.close();
  };
  const rotated = async (): Promise<string[]> => (await world.files('w1')).filter(isRotated);
  const resumed = async (instance: string): Promise<ReadonlyMap<string, bigint>> => {
    const sink = world.sink(instance);
    const answer = await sink.resume(assigned);
    await sink.close();
    return answer;
  };

  it('is closed under a name with the time when it has grown, and a new one begins, while the worker goes on', async () => {
    await leave();
    expect(await rotated()).toEqual(['consumer_log.2026-11-21T01-22-33Z.json']);
    expect(offsetsIn(join(world.directory, 'w1'))).toEqual([0, 1, 2, 3, 4, 5]);
    expect((await world.files('w1')).filter(isCarried)).toHaveLength(1);
    expect(world.warnings()).toEqual([]);
  });

  it('is not rotated unless that is wanted', async () => {
    const sink = world.sink('w1');
    await sink.resume(assigned);
    await sink.write(results(0, 0, 500));
    expect(await rotated()).toEqual([]);
  });

  it('is known by its own worker, by an heir, and by those who only look, also when the last line is in a rotated one', async () => {
    await leave(6, 1);
    expect(await world.text('w1').catch(() => '')).toBe('');
    expect((await lastLogged({ directory: world.directory, instance: 'w1' })).get('orders/0')).toMatchObject({ offset: 5n });
    expect(await resumed('w1')).toEqual(next(6n));
    expect(await resumed('w2')).toEqual(next(6n));
  });

  it.each([
    ['the rotated logs are packed or moved away', isRotated],
    ['what they carried is deleted', isCarried],
  ])('is known also when %s', async (_what, gone) => {
    await leave(6, 1);
    for (const name of (await world.files('w1')).filter(gone)) await unlink(world.pathOf('w1', name));
    expect(await resumed('w2')).toEqual(next(6n));
    expect(await resumed('w1')).toEqual(next(6n));
  });

  it('is read where what it carried is damaged', async () => {
    await leave(6, 1);
    for (const name of (await world.files('w1')).filter(isCarried)) await writeFile(world.pathOf('w1', name), '{"ver');
    expect(await resumed('w2')).toEqual(next(6n));
  });

  it('is rotated when a person asks a running worker, with its next write', async () => {
    const sink = world.sink('w1', { now });
    await sink.resume(assigned);
    await sink.write(results(0, 0, 1));
    await writeFile(world.pathOf('w1', 'consumer_log.rotate'), '');
    await sink.write(results(0, 1, 2));
    expect(await rotated()).toEqual(['consumer_log.2026-11-21T01-22-33Z.json']);
    await sink.write(results(0, 2, 3));
    expect(await rotated()).toHaveLength(1);
    expect(await world.offsets('w1')).toEqual([2]);
    expect(await world.files('w1')).not.toContain('consumer_log.rotate');
  });

  it('gets a later name than the others, also where the clock went back', async () => {
    await leave(2, 1);
    const sink = world.sink('w1', { rotateBytes: 1, now: () => new Date('2026-11-20T00:00:00Z') });
    await sink.resume(assigned);
    await sink.write(results(0, 2, 3));
    expect((await rotated()).sort((a, b) => a.length - b.length)).toEqual([
      'consumer_log.2026-11-21T01-22-33Z.json',
      'consumer_log.2026-11-21T01-22-33Z-2.json',
      'consumer_log.2026-11-21T01-22-33Z-3.json',
    ]);
  });

  it('is set aside with the others when the topic was made anew', async () => {
    await leave(4, 1);
    world.topic.timestamp = () => ({ kind: 'beyond' });
    expect(await resumed('w1')).toEqual(new Map());
    expect(await rotated()).toEqual([]);
    expect((await readdir(join(world.directory, 'w1'))).filter((name) => /Z(-\d)?\.json\.\d/.test(name))).toHaveLength(4);
    world.topic.timestamp = (offset) => ({ kind: 'found', timestamp: 1_700_000_000_000 + Number(offset) });
    expect(await resumed('w2')).toEqual(new Map());
  });

  it('goes on unrotated on a full disk', async () => {
    const stage = await newStage();
    const one = stage.start('w1');
    await stage.done(one, one.sink.resume(assigned));
    await stage.done(one, one.sink.write(results(0, 0, 1)));
    await writeFile(stage.world.pathOf('w1', 'consumer_log.rotate'), '');
    const writing = one.sink.write(results(0, 1, 2));
    await stage.until(one, writing, 'unlink consumer_log.rotate');
    stage.disk.full = true;
    await stage.done(one, writing);
    stage.disk.full = false;
    expect(stage.world.warnings()).toEqual(['a log could not be rotated: it goes on as it is']);
    expect(await stage.done(one, failure(one.sink.write(results(0, 2, 3))))).toMatchObject({ kind: 'transient' });
    expect(await stage.done(one, one.sink.resume(assigned))).toEqual(next(2n));
    await stage.done(one, one.sink.write(results(0, 2, 3)));
    expect(await stage.world.offsets('w1')).toEqual([0, 1, 2]);
    await stage.end();
  });
});

describe('a kill while a log is rotated', () => {
  /** Kills at the n-th call of a write that rotates; false when it has fewer. */
  const killedAt = async (nth: number, heirFirst: boolean): Promise<boolean> => {
    const stage = await newStage();
    try {
      const one = stage.start('w1');
      await stage.done(one, one.sink.resume(assigned));
      await stage.done(one, one.sink.write(results(0, 0, 2)));
      await writeFile(stage.world.pathOf('w1', 'consumer_log.rotate'), '');
      const writing = failure(one.sink.write(results(0, 2, 3)));
      const made = await stage.machine.run(one.life, writing, (_what, calls) => calls === nth);
      if (made < nth) return false;
      stage.machine.kill(one.life);
      for (const instance of heirFirst ? ['w2', 'w1'] : ['w1', 'w2']) {
        const other = stage.start(instance);
        const begin = (await stage.done(other, other.sink.resume(assigned))).get('orders/0') ?? 0n;
        await stage.done(other, other.sink.write(results(0, Number(begin), 5)));
        await stage.done(other, other.sink.close());
      }
      const all = ['w1', 'w2'].flatMap((instance) => offsetsIn(join(stage.world.directory, instance)));
      expect({ nth, all: [...all].sort() }).toEqual({ nth, all: [0, 1, 2, 3, 4] });
      return true;
    } finally {
      await stage.end();
    }
  };

  it.each([[false], [true]])(
    'at every call leaves every record once in all logs together; an heir first: %s',
    async (heirFirst) => {
      let nth = 0;
      while (await killedAt(nth, heirFirst)) nth++;
      expect(nth).toBeGreaterThan(25);
    },
    120_000,
  );
});

describe('an heir that comes while a log is rotated', () => {
  /** Stops a worker at the n-th call of a write that rotates, lets an heir take the partition, and lets the worker go on. */
  const stoppedAt = async (nth: number): Promise<boolean> => {
    const stage = await newStage();
    try {
      const one = stage.start('w1');
      const two = stage.start('w2');
      await stage.done(one, one.sink.resume(assigned));
      await stage.done(two, two.sink.resume([]));
      await stage.done(one, one.sink.write(results(0, 0, 2)));
      await writeFile(stage.world.pathOf('w1', 'consumer_log.rotate'), '');
      const writing = failure(one.sink.write(results(0, 2, 3)));
      const made = await stage.machine.run(one.life, writing, (_what, calls) => calls === nth);
      if (made < nth) return false;
      const begin = (await stage.done(two, two.sink.resume(assigned))).get('orders/0') ?? 0n;
      await stage.done(two, two.sink.write(results(0, Number(begin), 5)));
      await stage.done(one, writing);
      // It believes that the partition is still its own.
      const late = await stage.done(one, failure(one.sink.write(results(0, 3, 5))));
      expect(late === undefined || isTransient(late)).toBe(true);
      const again = (await stage.done(one, one.sink.resume(assigned))).get('orders/0') ?? 0n;
      await stage.done(one, one.sink.write(results(0, Number(again), 6)));
      const all = ['w1', 'w2'].flatMap((instance) => offsetsIn(join(stage.world.directory, instance)));
      expect({ nth, all: [...all].sort() }).toEqual({ nth, all: [0, 1, 2, 3, 4, 5] });
      return true;
    } finally {
      await stage.end();
    }
  };

  it('takes the partition, at every call of it, and every record is once in all logs together', async () => {
    let nth = 0;
    while (await stoppedAt(nth)) nth++;
    expect(nth).toBeGreaterThan(25);
  }, 120_000);
});

it('reads what is carried whole, also while older files of it go', async () => {
  const world = await newWorld();
  const sink = world.sink('w1', { rotateBytes: 1 });
  await sink.resume(assigned);
  await sink.write(results(0, 0, 3));
  const [name = ''] = (await world.files('w1')).filter(isCarried);
  const text = await readFile(world.pathOf('w1', name), 'utf8');
  await writeFile(world.pathOf('w1', 'consumer_log.last-0.json'), text.replace('"offset": "2"', '"offset": "0"'));
  await sink.close();
  expect((await lastLogged({ directory: world.directory, instance: 'w1' })).get('orders/0')).toMatchObject({ offset: 2n });
  await world.remove();
});
