import { clean } from '../support/oracle.js';
import { eventually, type Program } from '../support/program.js';
import { freshWorld, type World } from '../support/world.js';

const PARTITIONS = 10;

let world: World;
beforeEach(async () => {
  world = await freshWorld('scaled');
}, 180_000);
afterEach(async () => world.close());

/** Waits until so many workers share all partitions, no two of them by more than one partition more; gives the numbers. */
const spreadOver = async (workers: number): Promise<number[]> =>
  eventually(`${PARTITIONS} partitions over ${workers}`, 60_000, async () => {
    const { stdout } = await world.call(['status', '--json']);
    const status = JSON.parse(stdout) as { workers: { running: boolean; partitions: { partition: number }[] }[] };
    const assigned = status.workers
      .filter(({ running }) => running)
      .map(({ partitions }) => partitions.map(({ partition }) => partition));
    const numbers = assigned.map(({ length }) => length);
    const all = new Set(assigned.flat());
    const even = Math.max(...numbers) - Math.min(...numbers) <= 1;
    return assigned.length === workers && all.size === PARTITIONS && assigned.flat().length === PARTITIONS && even
      ? numbers
      : undefined;
  });

it('workers are scaled 1, 5, 10, 5 under load: each record is in one log, and ten workers have a partition each', async () => {
  const producer = world.run(['produce', 'products']);
  const writer = world.run(['update', 'products', '--rate', '150']);
  const workers: Program[] = [];
  const scaleTo = async (count: number): Promise<number[]> => {
    while (workers.length < count)
      workers.push(world.run(['consume', 'products', '--instance', `consumer_${workers.length + 1}`]));
    const leaving = workers.splice(count);
    // One of them is not asked.
    const [killed, ...asked] = leaving;
    killed?.signal('SIGKILL');
    for (const worker of asked) expect(await worker.stop()).toBe(0);
    const numbers = await spreadOver(count);
    const lines = Number((await world.sql('SELECT COUNT(*) n FROM products'))[0]?.n);
    await world.lines(lines);
    return numbers;
  };
  expect(await scaleTo(1)).toEqual([10]);
  // One comes and is killed between its log and its commit: its heirs must not log that batch again.
  const victim = world.run(['consume', 'products', '--instance', 'victim'], { ROWBRIDGE_TEST_KILL_AT: 'after-write:3' });
  expect(await victim.ended()).toBe('SIGKILL');
  expect(await scaleTo(5)).toEqual([2, 2, 2, 2, 2]);
  expect(await scaleTo(10)).toEqual(Array(10).fill(1));
  expect(await scaleTo(5)).toEqual([2, 2, 2, 2, 2]);
  await world.records(2_000);
  for (const program of [writer, producer, ...workers]) expect(await program.stop()).toBe(0);
  const { code, stderr } = await world.call(['up', '--once']);
  expect(code === 0 ? '' : stderr).toBe('');
  expect(await world.verdict()).toMatchObject({ ...clean, backwards: [] });
});
