import { join } from 'node:path';
import { openConnection } from '../../src/adapters/mysql/connect.js';
import { delayOrAbort } from '../../src/core/delay.js';
import { clean } from '../support/oracle.js';
import { eventually, type Program } from '../support/program.js';
import { freshWorld, type World } from '../support/world.js';
import { seeded } from '../support/writers.js';

const TABLES = ['items_a', 'items_b', 'items_c', 'items_d'] as const;
const MANY = { ROWBRIDGE_TEST_PIPELINES: join(__dirname, '..', 'support', 'pipelines') };
const MOVED_WITHIN_MS = 10_000;

let world: World;
beforeEach(async () => {
  world = await freshWorld('spread', MANY);
  for (const table of TABLES) await world.sql('CREATE TABLE ?? LIKE products', [table]);
  expect((await world.call(['setup', 'many'])).code).toBe(0);
}, 180_000);
afterEach(async () => world.close());

/** Inserts and updates in all tables, at least `atLeast` of them, until the signal aborts. */
const write = async (signal: AbortSignal, atLeast: number): Promise<void> => {
  const { env } = world;
  const account = { host: env.MYSQL_HOST ?? '', port: Number(env.MYSQL_PORT), user: env.MYSQL_ADMIN_USER ?? '' };
  const connection = await openConnection(
    { ...account, password: env.MYSQL_ADMIN_PASSWORD ?? '', database: env.MYSQL_DATABASE ?? '' },
    { role: 'test' },
  );
  const random = seeded(7);
  try {
    for (let written = 0; !signal.aborted || written < atLeast; written++) {
      const table = TABLES[written % TABLES.length];
      if (random() < 0.6)
        await connection.change('INSERT INTO ?? (name, category, price) VALUES (?, ?, ?)', [table, `n${written}`, 'c', '1.00']);
      else await connection.change('UPDATE ?? SET price = price + 0.01 WHERE id = ?', [table, 1 + Math.floor(random() * 50)]);
      await delayOrAbort(5, signal);
    }
  } finally {
    await connection.close();
  }
};

type Holders = ReadonlyMap<string, readonly string[]>;

/** Which process runs which feeds. */
const holders = async (): Promise<Holders> => {
  const { stdout } = await world.call(['status', 'many', '--json']);
  const { feeds } = JSON.parse(stdout) as { feeds: { name: string; active: string | null }[] };
  const found = new Map<string, string[]>();
  for (const { name, active } of feeds) {
    const pid = active?.match(/^process (\d+) /)?.[1] ?? 'nobody';
    found.set(pid, [...(found.get(pid) ?? []), name]);
  }
  return found;
};

/** Waits until the living share the feeds as they should: all of them run, and the numbers are these. */
const shared = async (living: readonly Program[], numbers: readonly number[]): Promise<Holders> =>
  eventually(`the feeds are spread ${numbers.join(', ')}`, 30_000, async () => {
    const found = await holders();
    const shares = living.map(({ child }) => found.get(String(child.pid))?.length ?? 0).sort((a, b) => b - a);
    return JSON.stringify(shares) === JSON.stringify(numbers) ? found : undefined;
  });

it('four feeds over three producers: each runs once, moves when its producer is killed, and spreads again when one is added', async () => {
  const stop = new AbortController();
  const writing = write(stop.signal, 1_000);
  const produce = () => world.run(['produce', 'many', '--spread']);
  const worker = world.run(['consume', 'many']);
  const programs = [produce(), produce(), produce()];
  for (const program of programs) await program.said('share of the feeds');
  const before = await shared(programs, [2, 1, 1]);
  const [victim] = programs.splice(
    programs.findIndex(({ child }) => before.get(String(child.pid))?.length === 2),
    1,
  ) as [Program];
  const orphans = before.get(String(victim.child.pid)) ?? [];
  const said = programs.map((program) => program.stderr().length);
  victim.signal('SIGKILL');
  const killed = performance.now();
  await eventually('the orphans run elsewhere', MOVED_WITHIN_MS, () => {
    const since = programs.map((program, index) => program.stderr().slice(said[index])).join('\n');
    const moved = orphans.filter((feed) =>
      // Which of the two is said depends on whether there was room before to ask who had it.
      since
        .split('\n')
        .some((line) => line.includes(`"feed":"${feed}"`) && /took the feed over|has come to this producer/.test(line)),
    );
    return moved.length === orphans.length ? true : undefined;
  });
  expect(performance.now() - killed).toBeLessThan(MOVED_WITHIN_MS);
  await shared(programs, [2, 2]);
  programs.push(produce(), produce());
  await shared(programs, [1, 1, 1, 1]);
  expect(await (programs.pop() as Program).stop()).toBe(0);
  await shared(programs, [2, 1, 1]);
  stop.abort();
  await writing;
  const settled = await eventually('everything arrived', 60_000, async () => {
    const { stdout } = await world.call(['status', 'many', '--json']);
    const status = JSON.parse(stdout) as { feeds: { rowsWaiting: number }[]; workers: { partitions: { lag: number }[] }[] };
    const waiting = status.feeds.some(({ rowsWaiting }) => rowsWaiting > 0);
    return waiting || status.workers.some(({ partitions }) => partitions.some(({ lag }) => lag > 0)) ? undefined : true;
  });
  expect(settled).toBe(true);
  for (const program of [...programs, worker]) expect(await program.stop()).toBe(0);
  for (const table of TABLES) {
    const verdict = await world.verdict(undefined, { captured: { table, topic: `${table}_updates` } });
    expect(verdict).toMatchObject({ ...clean, backwards: [] });
    expect(verdict.records).toBeGreaterThan(100);
  }
});
