import { truncate } from 'node:fs/promises';
import { isTransient } from '../../../src/core/errors.js';
import { result, results } from '../../contracts/sink.contract.js';
import { failure, newStage, type Stage } from './stage.js';

const assigned = [{ topic: 'orders', partition: 0 }];
const next = (offset: bigint) => new Map([['orders/0', offset]]);

describe('a worker that stands still', () => {
  let stage: Stage;
  let world: Stage['world'];
  let machine: Stage['machine'];
  let start: Stage['start'];
  let done: Stage['done'];

  const begin = async (what?: Parameters<typeof newStage>[0]): Promise<void> => {
    stage = await newStage(what);
    ({ world, machine, start, done } = stage);
  };

  const anew = async (what?: Parameters<typeof newStage>[0]): Promise<void> => {
    await stage.end();
    await begin(what);
  };

  beforeEach(() => begin());
  afterEach(() => stage.end());

  /** An old owner with offsets 0 to 2, and a batch with 3 and 4 that it has in hand when it stops before a call. */
  const stopped = async (before: (what: string, made: number) => boolean) => {
    const old = start('w1');
    await done(old, old.sink.resume(assigned));
    await done(old, old.sink.write(results(0, 0, 3)));
    const writing = failure(old.sink.write(results(0, 3, 5)));
    await machine.run(old.life, writing, before);
    return { old, writing };
  };

  const noFenceLeft = async (instance: string): Promise<void> => {
    expect((await world.files(instance)).filter((name) => name.includes('fenced') || name.includes('tmp'))).toEqual([]);
  };

  it('before its write: what it writes afterwards is void, and it goes on with what is still its own', async () => {
    const { old, writing } = await stopped((what) => what === 'write consumer_log.json');
    const heir = start('w2');
    expect(await done(heir, heir.sink.resume(assigned))).toEqual(next(3n));
    await done(heir, heir.sink.write(results(0, 3, 6)));
    expect(await done(old, writing)).toMatchObject({ kind: 'transient', code: 'LOG_FENCED' });
    expect(await world.offsets('w1')).toEqual([0, 1, 2]);
    expect(await world.offsets('w2')).toEqual([3, 4, 5]);
    expect(isTransient(await done(old, failure(old.sink.write(results(0, 3, 5)))))).toBe(true);
    await done(old, old.sink.resume([{ topic: 'orders', partition: 1 }]));
    await done(old, old.sink.write(results(1, 0, 2)));
    expect(await world.offsets('w1', 1)).toEqual([0, 1]);
    await noFenceLeft('w1');
  });

  it.each(['datasync', 'fstat', 'stat'])(
    'after its write, before its %s: the heir goes on after what was written, and it counts once',
    async (call) => {
      const { old, writing } = await stopped((what, made) => made > 1 && what === `${call} consumer_log.json`);
      const heir = start('w2');
      expect(await done(heir, heir.sink.resume(assigned))).toEqual(next(5n));
      await done(heir, heir.sink.write(results(0, 5, 7)));
      expect(await done(old, writing)).toMatchObject({ code: 'LOG_FENCED' });
      expect(await done(old, old.sink.resume(assigned))).toEqual(next(7n));
      expect(await world.offsets('w1')).toEqual([0, 1, 2, 3, 4]);
      expect(await world.offsets('w2')).toEqual([5, 6]);
    },
  );

  it('who asks again for what it lost takes it back: the other is fenced in its turn', async () => {
    const { old, writing } = await stopped((what) => what === 'write consumer_log.json');
    const heir = start('w2');
    await done(heir, heir.sink.resume(assigned));
    await done(heir, heir.sink.write(results(0, 3, 4)));
    await done(old, writing);
    expect(await done(old, old.sink.resume(assigned))).toEqual(next(4n));
    await done(old, old.sink.write(results(0, 4, 5)));
    expect(await done(heir, failure(heir.sink.write(results(0, 4, 6))))).toMatchObject({ code: 'LOG_FENCED' });
    expect(await world.offsets('w1')).toEqual([0, 1, 2, 4]);
    expect(await world.offsets('w2')).toEqual([3]);
  });

  it('is not waited for where it has let go, and its log is not copied', async () => {
    const old = start('w1');
    await done(old, old.sink.resume(assigned));
    await done(old, old.sink.write(results(0, 0, 3)));
    await done(old, old.sink.resume([]));
    const heir = start('w2');
    const calls: string[] = [];
    const resuming = heir.sink.resume(assigned);
    await machine.run(heir.life, resuming, (what) => {
      calls.push(what);
      return false;
    });
    expect(await resuming).toEqual(next(3n));
    expect(calls.filter((what) => what === 'rename consumer_log.json old')).toEqual([]);
    await done(old, old.sink.write([]));
    await done(old, old.sink.resume([{ topic: 'orders', partition: 1 }]));
    await done(old, old.sink.write(results(1, 0, 1)));
  });

  it('may let go while the heir waits a little', async () => {
    const old = start('w1');
    await done(old, old.sink.resume(assigned));
    const heir = start('w2');
    const resuming = heir.sink.resume(assigned);
    await machine.run(heir.life, resuming, (what) => what === 'pause');
    await done(old, old.sink.resume([]));
    await done(heir, resuming);
    await done(heir, heir.sink.write(results(0, 0, 1)));
    await done(old, old.sink.resume([{ topic: 'orders', partition: 1 }]));
    await done(old, old.sink.write(results(1, 0, 1)));
    expect(await world.offsets('w1', 1)).toEqual([0]);
  });

  it('whose heir is killed at any step: the next heir finishes, and every record is there once', async () => {
    const fates: number[][] = [];
    for (let kill = 0, over = false; !over; kill++) {
      await anew();
      const { old, writing } = await stopped((what) => what === 'write consumer_log.json');
      const heir = start('w2');
      const resuming = failure(heir.sink.resume(assigned));
      await machine.run(heir.life, resuming, (_what, made) => made === kill);
      over = heir.life.gates.length === 0;
      machine.kill(heir.life);
      await done(old, writing);
      const second = start('w3');
      const from = Number((await done(second, second.sink.resume(assigned))).get('orders/0'));
      await done(second, second.sink.write(results(0, from, 8)));
      const third = start('w2');
      expect(await done(third, third.sink.resume(assigned))).toEqual(next(8n));
      expect(isTransient(await done(old, failure(old.sink.write(results(0, 8, 9)))))).toBe(true);
      expect([...(await world.offsets('w1')), ...(await world.offsets('w3'))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      // What is left of the killed heir's folder goes when the log is opened next.
      machine.kill(old.life);
      const again = start('w1');
      await done(again, again.sink.open());
      await noFenceLeft('w1');
      fates.push(await world.offsets('w1'));
    }
    expect(fates.length).toBeGreaterThan(60);
    // Both happened: fenced in time, and not yet.
    expect(new Set(fates.map(String)).size).toBe(2);
  }, 120_000);

  it('whose heir is killed at any step: it finishes the job itself', async () => {
    for (let kill = 0, over = false; !over; kill++) {
      await anew();
      const { old, writing } = await stopped((what) => what === 'write consumer_log.json');
      const heir = start('w2');
      const resuming = failure(heir.sink.resume(assigned));
      await machine.run(heir.life, resuming, (_what, made) => made === kill);
      over = heir.life.gates.length === 0;
      machine.kill(heir.life);
      await done(old, writing);
      const from = Number((await done(old, old.sink.resume(assigned))).get('orders/0'));
      await done(old, old.sink.write(results(0, from, 8)));
      expect(await world.offsets('w1')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }
  }, 120_000);

  it('as an heir in the middle of the job: another takes it, and it does no harm when it wakes', async () => {
    for (const call of ['rename copy-', 'unlink old', 'rename new ']) {
      await anew();
      const { old, writing } = await stopped((what) => what === 'write consumer_log.json');
      const heir = start('w2');
      const resuming = failure(heir.sink.resume(assigned));
      await machine.run(heir.life, resuming, (what) => what.startsWith(call));
      expect(heir.life.gates[0]?.what.startsWith(call)).toBe(true);
      const second = start('w3');
      expect(await done(second, second.sink.resume(assigned))).toEqual(next(3n));
      await done(second, second.sink.write(results(0, 3, 5)));
      expect(await done(old, writing)).toMatchObject({ code: 'LOG_FENCED' });
      await done(old, old.sink.resume([{ topic: 'orders', partition: 1 }]));
      await done(old, old.sink.write(results(1, 0, 2)));
      // A third fence has the log out of its place at the moment when the first heir wakes.
      const third = start('w4');
      const taking = failure(third.sink.resume([{ topic: 'orders', partition: 1 }]));
      await machine.run(third.life, taking, (what) => what.startsWith('unlink old'));
      await machine.run(heir.life, resuming, (what) => what === 'pause');
      await done(third, taking);
      await done(heir, resuming);
      expect([await world.offsets('w1'), await world.offsets('w1', 1), await world.offsets('w3')]).toEqual([
        [0, 1, 2],
        [0, 1],
        [3, 4],
      ]);
    }
  }, 60_000);

  it('while it is opening its log, and another life of its instance takes over: it cuts nothing off', async () => {
    await anew({ containers: true, deafness: 1 });
    const first = start('w1');
    const opening = failure(first.sink.resume(assigned));
    await stage.until(first, opening, 'open consumer_log.json');
    const later = start('w1');
    await done(later, later.sink.resume(assigned));
    await done(later, later.sink.write(results(0, 0, 2)));
    // The first opens the later one's log and reads it to its end, which is not the end any more when it looks for what to cut off.
    await stage.until(first, opening, 'read consumer_log.json', 3);
    await done(later, later.sink.write(results(0, 2, 4)));
    expect(await done(first, opening)).toMatchObject({ code: 'LOG_LOCK_LOST' });
    expect(await world.offsets('w1')).toEqual([0, 1, 2, 3]);
  });

  it('when it has just made sure of its lock, and another life takes over: it cuts nothing off', async () => {
    await anew({ containers: true, deafness: 1 });
    const first = start('w1');
    const opening = failure(first.sink.open());
    await stage.until(first, opening, 'stat 1-1.json');
    await stage.until(first, opening, 'fstat consumer_log.json');
    const later = start('w1');
    await done(later, later.sink.resume(assigned));
    await done(later, later.sink.write(results(0, 0, 2)));
    await done(first, opening);
    expect(await world.offsets('w1')).toEqual([0, 1]);
  });

  it('between two parts of a record that became several: the heir has all of it, or begins it anew', async () => {
    const old = start('w1');
    await done(old, old.sink.resume(assigned));
    const unit = [1, 2, 3].map((id) => result(0, 1, { id }));
    await done(old, old.sink.write([result(0, 0)]));
    const size = (await world.text('w1')).length;
    await done(old, old.sink.write(unit));
    machine.kill(old.life);
    // As if it had been killed between two lines.
    await truncate(world.pathOf('w1'), size + (await world.text('w1')).slice(size).indexOf('\n') + 1);
    const heir = start('w2');
    expect(await done(heir, heir.sink.resume(assigned))).toEqual(next(1n));
    await done(heir, heir.sink.write(unit));
    expect(await world.offsets('w1')).toEqual([0]);
    expect(await world.offsets('w2')).toEqual([1, 1, 1]);
  });
});
