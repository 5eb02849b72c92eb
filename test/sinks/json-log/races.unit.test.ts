import { results } from '../../contracts/sink.contract.js';
import { failure, newStage, type Player, type Stage } from './stage.js';

const at = (...partitions: number[]) => partitions.map((partition) => ({ topic: 'orders', partition }));

/** Schedules that hardly ever come about by chance, each of them against one guard. */
describe('a race', () => {
  let stage: Stage;
  let old: Player;

  const logged = async (instance: string, partition = 0) => stage.world.offsets(instance, partition);

  /** `w1` has logged offsets 0 to 2 of partition 0, and still claims it. */
  beforeEach(async () => {
    stage = await newStage();
    old = stage.start('w1');
    await stage.done(old, old.sink.resume(at(0)));
    await stage.done(old, old.sink.write(results(0, 0, 3)));
  });

  afterEach(() => stage.end());

  it('of an owner that starts with the fence of its log: it does not write to a file that the fence will replace', async () => {
    const { done, until, machine, start } = stage;
    const heir = start('w2');
    const taking = failure(heir.sink.resume(at(0)));
    await until(heir, taking, 'rename consumer_log.json old');
    machine.kill(old.life);
    const owner = start('w1');
    const opening = failure(owner.sink.resume(at(1)));
    await until(owner, opening, 'open consumer_log.json');
    await until(heir, taking, 'rename new consumer_log.json');
    // Now there is no log: the owner makes one, and must not be content with it.
    await machine.run(owner.life, opening, (what) => what === 'pause');
    const writing = failure(owner.sink.write(results(1, 0, 2)));
    await machine.run(owner.life, writing, (what) => what === 'pause');
    await done(heir, taking);
    await done(owner, opening);
    expect(await done(owner, writing)).toBeUndefined();
    expect([await logged('w1'), await logged('w1', 1)]).toEqual([
      [0, 1, 2],
      [0, 1],
    ]);
  });

  it('of two heirs and an owner that starts: an empty file that the second took does not replace the log', async () => {
    const { done, until, machine, start } = stage;
    const heir = start('w2');
    const taking = failure(heir.sink.resume(at(0)));
    await until(heir, taking, 'rename consumer_log.json old');
    const second = start('w3');
    const takingToo = failure(second.sink.resume(at(0)));
    await until(second, takingToo, 'rename consumer_log.json old');
    machine.kill(old.life);
    const owner = start('w1');
    const opening = failure(owner.sink.resume(at(0)));
    await until(owner, opening, 'open consumer_log.json');
    await until(heir, taking, 'rename new consumer_log.json');
    await until(owner, opening, 'readdir w1');
    await until(second, takingToo, 'readdir consumer_log.json.fenced', 2);
    await done(heir, taking);
    await done(second, takingToo);
    await done(owner, opening);
    expect(await logged('w1')).toEqual([0, 1, 2]);
  });

  it('of an heir with the one that took its job: it cannot put an old copy in the place of the log', async () => {
    const { done, until, start } = stage;
    const heir = start('w2');
    const taking = failure(heir.sink.resume(at(0)));
    await until(heir, taking, 'open copy-');
    const second = start('w3');
    const takingToo = failure(second.sink.resume(at(0)));
    // The first to go is that of the heir's own log, which is empty.
    await until(second, takingToo, 'rmdir consumer_log.json.fenced', 2);
    // The log is back, and is written on.
    expect(await done(old, failure(old.sink.write(results(0, 3, 4))))).toMatchObject({ code: 'LOG_FENCED' });
    await done(old, old.sink.resume(at(1)));
    await done(old, old.sink.write(results(1, 0, 2)));
    await done(heir, taking);
    await done(second, takingToo);
    expect([await logged('w1'), await logged('w1', 1)]).toEqual([
      [0, 1, 2],
      [0, 1],
    ]);
  });

  it('of an heir with a fence that fails: a log that was given back is taken again', async () => {
    const { done, until, start, disk, machine } = stage;
    const first = start('w2');
    const failing = failure(first.sink.resume(at(0)));
    await until(first, failing, 'rename consumer_log.json old');
    const writing = failure(old.sink.write(results(0, 3, 5)));
    await until(old, writing, 'write consumer_log.json');
    const heir = start('w3');
    const taking = failure(heir.sink.resume(at(0)));
    await until(heir, taking, 'close consumer_log.json');
    await until(first, failing, 'write copy-');
    await machine.run(heir.life, taking, (what) => what === 'pause' || what.startsWith('unlink worker.claim'));
    disk.full = true;
    expect(await done(first, failing)).toMatchObject({ code: 'LOG_WRITE_FAILED' });
    disk.full = false;
    await done(heir, taking);
    await done(old, writing);
    await done(heir, heir.sink.write(results(0, 3, 5)));
    expect([await logged('w1'), await logged('w3')]).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
  });

  it('of an heir with the next claim of the one it fenced: that claim stands', async () => {
    const { done, until, start } = stage;
    const heir = start('w2');
    const taking = failure(heir.sink.resume(at(0)));
    await until(heir, taking, 'unlink worker.claim-1');
    // The old owner learns that it was fenced, and goes on with another partition.
    await done(old, failure(old.sink.write(results(0, 3, 4))));
    await done(old, old.sink.resume(at(1)));
    await done(heir, taking);
    const writing = failure(old.sink.write(results(1, 0, 2)));
    await until(old, writing, 'write consumer_log.json');
    const third = start('w3');
    await done(third, third.sink.resume(at(1)));
    await done(third, third.sink.write(results(1, 0, 2)));
    expect(await done(old, writing)).toMatchObject({ code: 'LOG_FENCED' });
    expect([await logged('w1', 1), await logged('w3', 1)]).toEqual([[], [0, 1]]);
  });

  it('of an owner that sets its log aside with a life that took it over: the log of the later life stays', async () => {
    await stage.end();
    stage = await newStage({ containers: true, deafness: 1 });
    const { done, until, start, world } = stage;
    const first = start('w1');
    await done(first, first.sink.resume(at(0)));
    await done(first, first.sink.write(results(0, 0, 3)));
    world.topic.timestamp = () => ({ kind: 'found', timestamp: 5 });
    const resuming = failure(first.sink.resume(at(0)));
    await until(first, resuming, 'mkdir consumer_log.json.fenced');
    const later = start('w1');
    await done(later, later.sink.resume(at(0)));
    world.topic.timestamp = (offset) => ({ kind: 'found', timestamp: 1_700_000_000_000 + Number(offset) });
    await done(later, later.sink.write(results(0, 0, 2)));
    await done(first, resuming);
    expect(await logged('w1')).toEqual([0, 1]);
  });

  it('of two that find the lock of a dead worker: the slower does not remove the lock of the faster', async () => {
    const { done, until, machine, start } = stage;
    machine.kill(old.life);
    const slow = start('w1');
    const opening = failure(slow.sink.open());
    await until(slow, opening, 'unlink ');
    const fast = start('w1');
    await done(fast, fast.sink.resume(at(0)));
    expect(await done(slow, opening)).toMatchObject({ code: 'LOG_LOCKED' });
    await done(fast, fast.sink.write(results(0, 3, 4)));
    expect(await logged('w1')).toEqual([0, 1, 2, 3]);
  });

  it('of two that want the same partition at the same moment: one of them has it', async () => {
    const { done, until, start } = stage;
    await done(old, old.sink.resume([]));
    const two = [start('w2'), start('w3')] as const;
    for (const player of two) await done(player, player.sink.open());
    const resuming = two.map(({ sink }) => failure(sink.resume(at(0))));
    // Both claims stand before either looks at the other's.
    for (const [index, player] of two.entries()) await until(player, resuming[index] as Promise<unknown>, 'unlink worker.claim');
    for (const [index, player] of two.entries()) await done(player, resuming[index] as Promise<unknown>);
    const outcomes = [];
    for (const player of two) outcomes.push(await done(player, failure(player.sink.write(results(0, 3, 4)))));
    expect(outcomes.filter((outcome) => outcome === undefined).length).toBeLessThan(2);
    expect([...(await logged('w2')), ...(await logged('w3'))].length).toBeLessThan(2);
  });
});
