import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Processes, ProcessIdentity, ProcessState } from '../../../src/adapters/files/process-identity.js';
import { systemProcesses } from '../../../src/adapters/files/process-identity.js';
import { results } from '../../contracts/sink.contract.js';
import { newWorld, type World } from './world.js';

const assigned = [{ topic: 'orders', partition: 0 }];

const identity = (pid: number): ProcessIdentity => ({ pid, host: `host-${pid}`, pidNamespace: '', bootId: '', startTime: '' });

const seenAs = (pid: number, state: (other: ProcessIdentity) => ProcessState): Processes => ({
  self: identity(pid),
  stateOf: state,
});

describe('the lock of a log', () => {
  let world: World;

  beforeEach(async () => {
    world = await newWorld();
  });

  afterEach(() => world.remove());

  const lockFile = async (): Promise<string> => {
    const lock = world.pathOf('w1', 'worker.lock');
    const [name] = await readdir(lock);
    return join(lock, name ?? '');
  };

  it('is held by one only: the second is told by whom', async () => {
    await world.sink('w1').open();
    await expect(world.sink('w1').open()).rejects.toMatchObject({
      kind: 'environment',
      code: 'LOG_LOCKED',
      found: expect.stringContaining(`process ${process.pid} on host ${systemProcesses().self.host} since 20`),
    });
  });

  it('is let go on close, and the one that was refused has taken nothing', async () => {
    const first = world.sink('w1');
    await first.open();
    const second = world.sink('w1');
    await expect(second.resume(assigned)).rejects.toMatchObject({ code: 'LOG_LOCKED' });
    await second.close();
    await first.resume(assigned);
    await first.write(results(0, 0, 1));
    await first.close();
    expect(await world.files('w1')).toEqual(['consumer_log.index.json', 'consumer_log.json']);
    await second.open();
  });

  it('of a process that is gone is taken over at once', async () => {
    const first = world.sink('w1', { processes: seenAs(1, () => 'alive') });
    await first.resume(assigned);
    await first.write(results(0, 0, 2));
    const { ino } = await stat(world.pathOf('w1'));
    let paused = 0;
    const pause = async () => void paused++;
    const second = world.sink('w1', { processes: seenAs(2, ({ pid }) => (pid === 1 ? 'gone' : 'alive')), pause });
    expect(await second.resume(assigned)).toEqual(new Map([['orders/0', 2n]]));
    expect(paused).toBe(0);
    // Its log need not be copied.
    expect((await stat(world.pathOf('w1'))).ino).toBe(ino);
  });

  it('whose holder cannot be looked at is refused as long as its heart beats', async () => {
    const first = world.sink('w1');
    await first.open();
    let beat = 0;
    const pause = async () => {
      const at = new Date(1_700_000_000_000 + ++beat);
      await utimes(await lockFile(), at, at);
    };
    await expect(world.sink('w1', { processes: seenAs(2, () => 'unknown'), pause }).open()).rejects.toMatchObject({
      code: 'LOG_LOCKED',
    });
    expect(beat).toBe(1);
  });

  it('whose holder cannot be looked at is taken over when its heart stands still for five seconds, and the log with it', async () => {
    const first = world.sink('w1');
    await first.resume(assigned);
    await first.write(results(0, 0, 2));
    let waitedMs = 0;
    const pause = async (ms: number) => {
      waitedMs += ms;
    };
    const second = world.sink('w1', { processes: seenAs(2, () => 'unknown'), pause });
    await second.open();
    expect(waitedMs).toBe(5000);
    // The first was not dead after all.
    await expect(first.write(results(0, 2, 3))).rejects.toMatchObject({ code: 'LOG_FENCED' });
    await expect(first.resume(assigned)).rejects.toMatchObject({ kind: 'transient', code: 'LOG_LOCK_LOST' });
    expect(await second.resume(assigned)).toEqual(new Map([['orders/0', 2n]]));
    await second.write(results(0, 2, 4));
    expect(await world.offsets('w1')).toEqual([0, 1, 2, 3]);
    await expect(first.resume(assigned)).rejects.toMatchObject({ kind: 'environment', code: 'LOG_LOCKED' });
  }, 20_000);

  it('goes to one of two that take it over at once', async () => {
    for (let round = 0; round < 10; round++) {
      const dead = world.sink('w1', { processes: seenAs(1, () => 'alive') });
      await dead.open();
      const processes = seenAs(2, ({ pid }) => (pid === 1 ? 'gone' : 'alive'));
      const two = [world.sink('w1', { processes }), world.sink('w1', { processes })];
      const outcomes = await Promise.allSettled(two.map((sink) => sink.open()));
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      for (const sink of two) await sink.close();
      expect((await world.files('w1')).filter((name) => name.startsWith('worker'))).toEqual([]);
      await dead.close();
    }
  });

  it('that is cut short, as after a power failure, is taken over when nobody refreshes it', async () => {
    await mkdir(world.pathOf('w1', 'worker.lock'), { recursive: true });
    await writeFile(world.pathOf('w1', 'worker.lock/torn.json'), '{"pid":');
    const sink = world.sink('w1', { pause: async () => {} });
    await sink.resume(assigned);
    await sink.write(results(0, 0, 1));
  });

  it('that a person deletes is taken again', async () => {
    const sink = world.sink('w1');
    await sink.resume(assigned);
    await sink.write(results(0, 0, 2));
    await rm(world.pathOf('w1', 'worker.lock'), { recursive: true });
    await sink.write(results(0, 2, 3));
    await expect(sink.resume(assigned)).rejects.toMatchObject({ kind: 'transient', code: 'LOG_LOCK_LOST' });
    expect(await sink.resume(assigned)).toEqual(new Map([['orders/0', 3n]]));
    await sink.write(results(0, 3, 4));
    expect(await world.offsets('w1')).toEqual([0, 1, 2, 3]);
    expect(JSON.parse(await readFile(await lockFile(), 'utf8'))).toMatchObject({ pid: process.pid });
  });

  it('that a person deletes does not let a second life in unseen', async () => {
    const first = world.sink('w1');
    await first.resume(assigned);
    await first.write(results(0, 0, 2));
    await rm(world.pathOf('w1', 'worker.lock'), { recursive: true });
    const second = world.sink('w1');
    expect(await second.resume(assigned)).toEqual(new Map([['orders/0', 2n]]));
    await expect(first.write(results(0, 2, 3))).rejects.toMatchObject({ code: 'LOG_FENCED' });
    await second.write(results(0, 2, 3));
    expect(await world.offsets('w1')).toEqual([0, 1, 2]);
  });

  it('is refreshed every second, without keeping the process alive', async () => {
    const sink = world.sink('w1');
    await sink.open();
    const { mtimeMs } = await stat(await lockFile());
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect((await stat(await lockFile())).mtimeMs).toBeGreaterThan(mtimeMs);
  });
});

describe('a claim', () => {
  let world: World;

  beforeEach(async () => {
    world = await newWorld();
  });

  afterEach(() => world.remove());

  it('is needed for every write', async () => {
    const sink = world.sink('w1');
    await sink.open();
    await expect(sink.write(results(0, 0, 1))).rejects.toMatchObject({ kind: 'transient', code: 'LOG_NOT_ASSIGNED' });
    await sink.resume(assigned);
    await expect(sink.write([...results(0, 0, 1), ...results(1, 0, 1)])).rejects.toMatchObject({ code: 'LOG_NOT_ASSIGNED' });
    expect(await world.text('w1')).toBe('');
    await sink.write(results(0, 0, 1));
  });

  it('of the partitions not asked about stands when a single one is asked about again', async () => {
    const sink = world.sink('w1');
    await sink.resume([0, 1, 2].map((partition) => ({ topic: 'orders', partition })));
    await sink.write([...results(0, 0, 2), ...results(1, 0, 1)]);
    expect(await sink.resume(assigned)).toEqual(new Map([['orders/0', 2n]]));
    await sink.write([...results(1, 1, 2), ...results(2, 0, 1)]);
    await expect(sink.write(results(1, 1, 2))).rejects.toMatchObject({ code: 'LOG_OFFSET_LOGGED' });
  });

  it('of partitions that somebody else has claimed since does not', async () => {
    const sink = world.sink('w1');
    const both = [0, 1].map((partition) => ({ topic: 'orders', partition }));
    await sink.resume(both);
    const other = world.sink('w2', { graceMs: 0 });
    await other.resume([{ topic: 'orders', partition: 1 }]);
    await sink.resume(assigned);
    await expect(sink.write(results(1, 0, 1))).rejects.toMatchObject({ code: 'LOG_NOT_ASSIGNED' });
    await other.write(results(1, 0, 1));
    await sink.write(results(0, 0, 1));
  });

  it('that was cut short is taken to be of everything', async () => {
    const dead = world.sink('w2');
    await dead.resume(assigned);
    await dead.write(results(0, 0, 1));
    const [name] = (await world.files('w2')).filter((file) => file.startsWith('worker.claim'));
    await writeFile(world.pathOf('w2', name), '');
    const sink = world.sink('w1');
    await sink.resume(assigned);
    await expect(dead.write(results(0, 1, 2))).rejects.toMatchObject({ code: 'LOG_FENCED' });
    expect((await world.files('w2')).filter((file) => file.startsWith('worker.claim'))).toEqual([]);
  });

  it('is waited for no longer when the program stops', async () => {
    await world.sink('w2').resume(assigned);
    const controller = new AbortController();
    const sink = world.sink('w1', { signal: controller.signal, graceMs: 60_000 });
    const resuming = sink.resume(assigned);
    setTimeout(() => controller.abort(), 100);
    await expect(resuming).rejects.toMatchObject({ kind: 'transient', code: 'LOG_WAIT_ABORTED' });
  });

  it('of five workers that move their partitions about costs no copy when all of them hear of it', async () => {
    const sinks = [1, 2, 3, 4, 5].map((n) => world.sink(`w${n}`, { graceMs: 5000 }));
    const shares = (members: number) =>
      sinks.map((_, member) =>
        Array.from({ length: 10 }, (_, partition) => ({ topic: 'orders', partition })).filter(
          ({ partition }) => member < members && partition % members === member,
        ),
      );
    let offset = 0;
    for (const members of [1, 5, 2, 5, 1]) {
      const given = shares(members);
      await Promise.all(sinks.map((sink, index) => sink.resume(given[index] ?? [])));
      for (const [index, sink] of sinks.entries())
        await sink.write((given[index] ?? []).flatMap(({ partition }) => results(partition, offset, offset + 3)));
      offset += 3;
    }
    const all = (await Promise.all(sinks.map((_, index) => world.written(`w${index + 1}`)))).flat();
    expect(new Set(all.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(150);
    expect(all).toHaveLength(150);
    expect(world.lines.filter(({ message }) => message.startsWith('took a log away'))).toEqual([]);
  }, 30_000);
});
