import { readFileSync } from 'node:fs';
import { clean } from '../support/oracle.js';
import { eventually, type Program } from '../support/program.js';
import { testServers } from '../support/servers.js';
import { proxyTo, type SilentProxy } from '../support/silent-proxy.js';
import { freshWorld, type World } from '../support/world.js';

/** What a standby promises. */
const TAKEN_OVER_WITHIN_MS = 10_000;

let world: World;
let proxy: SilentProxy;
beforeEach(async () => {
  world = await freshWorld('standby');
  const { mysql } = await testServers();
  proxy = await proxyTo(mysql.host, mysql.port);
}, 180_000);
afterEach(async () => {
  await world.close();
  await proxy.close();
});

const produce = (env: Readonly<Record<string, string>> = {}): Program => world.run(['produce', 'products', '--standby'], env);
const writing = (): Program => world.run(['update', 'products', '--rate', '150']);

const statusOf = async () =>
  (JSON.parse((await world.call(['status', '--json'])).stdout) as { feeds: { active: string | null; standby: string[] }[] })
    .feeds[0];

/** Waits until so many rows more have been sent: position and topic move. */
const moves = async (stateFile = world.stateFile) => {
  const position = () =>
    (JSON.parse(readFileSync(stateFile, 'utf8')) as { last_read_timestamp: string | null }).last_read_timestamp ?? '';
  const before = position();
  await eventually('the position moves', 60_000, () => (position() > before ? true : undefined));
};

const takesOver = async (program: Program, since: number): Promise<number> => {
  await program.said('took the feed over', TAKEN_OVER_WITHIN_MS);
  await program.said('guarantee');
  return performance.now() - since;
};

/** Stops the writing, lets everything arrive, and gives the verdict. */
const judged = async (programs: readonly Program[], env: Readonly<Record<string, string>> = {}) => {
  for (const program of programs) expect(await program.stop()).toBe(0);
  const { code, stderr } = await world.call(['up', '--once'], env);
  expect(code === 0 ? '' : stderr).toBe('');
  return world.verdict();
};

const spotless = { ...clean, backwards: [] };

it('takes over within 10 s of each of three kills, and status says who is who', async () => {
  const writer = writing();
  let active = produce();
  await active.said('guarantee');
  for (let round = 0; round < 3; round++) {
    const next = produce();
    await next.said('standing by');
    const status = await statusOf();
    expect(status?.active).toContain(`process ${active.child.pid} `);
    expect(status?.standby).toEqual([expect.stringContaining(`process ${next.child.pid} `)]);
    await moves();
    active.signal('SIGKILL');
    expect(await takesOver(next, performance.now())).toBeLessThan(TAKEN_OVER_WITHIN_MS);
    active = next;
    await moves();
  }
  // Without --standby it is as ever: exit 3, and who has it.
  const { code, stderr } = await world.call(['produce', 'products']);
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(`FEED_LOCKED.*process ${active.child.pid} `) });
  await world.records(1_000);
  expect(await judged([writer, active])).toMatchObject(spotless);
});

it('takes over when the host of the active one vanishes without a word; that one sends nothing more, and stands by later', async () => {
  const writer = writing();
  const active = produce({ MYSQL_PORT: String(proxy.port) });
  await active.said('guarantee');
  const next = produce();
  await next.said('standing by');
  await moves();
  proxy.swallow();
  expect(await takesOver(next, performance.now())).toBeLessThan(TAKEN_OVER_WITHIN_MS + 2_000);
  await moves();
  proxy.heal();
  await active.said('FEED_LOCK_LOST', 90_000).catch(() => active.said('MYSQL_UNAVAILABLE', 1_000));
  await active.said('standing by', 60_000);
  expect(await judged([writer, active, next])).toMatchObject(spotless);
});

it('a process that was stopped just before it published sends nothing when it goes on', async () => {
  const writer = writing();
  const active = produce({ ROWBRIDGE_TEST_KILL_AT: 'before-publish:10:stop' });
  await active.said('guarantee');
  const next = produce();
  await next.said('standing by');
  await next.said('took the feed over', 60_000);
  await next.said('guarantee');
  await moves();
  active.signal('SIGCONT');
  await active.said('standing by');
  const verdict = await judged([writer, active, next]);
  expect(verdict).toMatchObject(spotless);
  expect(active.stderr()).toContain('PUBLISHING_STOPPED');
});

it('keeps the promise with a state of its own, none at first and an old one later: what is in the topic is not sent again', async () => {
  const [here, there] = [{ STATE_DIR: 'state' }, { STATE_DIR: 'elsewhere' }];
  const writer = writing();
  const first = produce(here);
  await first.said('guarantee');
  const second = produce(there);
  await second.said('standing by');
  await moves();
  first.signal('SIGKILL');
  await takesOver(second, performance.now());
  await moves(world.stateFile.replace('/state/', '/elsewhere/'));
  const third = produce(here);
  await third.said('standing by');
  second.signal('SIGKILL');
  await takesOver(third, performance.now());
  await moves();
  expect(await judged([writer, third])).toMatchObject(spotless);
  expect(second.stderr()).toContain('no state here: going on from what is in the topic');
  for (const { stderr } of [second, third]) expect(stderr()).toContain('found records that were published but not saved');
});
