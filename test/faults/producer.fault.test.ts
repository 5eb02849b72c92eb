import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FaultWorld, faultWorld, processesIn } from '../support/fault-world.js';
import { type OwnServers, ownServers } from '../support/own-servers.js';
import { eventually, type Program } from '../support/program.js';

const MAIN = join(__dirname, '..', '..', 'dist', 'main.js');

let own: OwnServers;
let world: FaultWorld;
beforeAll(async () => {
  own = await ownServers();
  world = await faultWorld('producer', own.servers);
}, 180_000);
afterEach(async () => {
  own.heal();
  await world.calm();
});
afterAll(async () => {
  await world?.close();
  await own?.close();
}, 60_000);

const workers = () => Promise.all(['consumer_1', 'consumer_2'].map((instance) => world.consume(instance)));

describe('fault 10: the producer is killed', () => {
  it('before a publish, between ack and save, after the save, three times each under load: 0 duplicates', async () => {
    const running = await workers();
    const load = world.load();
    let found = 0;
    for (const marker of ['before-publish', 'after-ack', 'after-save'])
      for (const occurrence of [1, 3, 7]) {
        const producer = world.produce({ ROWBRIDGE_TEST_KILL_AT: `${marker}:${occurrence}`, PAGE_ROWS: '20' });
        expect(await producer.ended()).toBe('SIGKILL');
        if (producer.stderr().includes('published but not saved')) found += 1;
      }
    const last = world.produce();
    await load.more(100);
    await world.records(300);
    await world.finish([last, ...running]);
    // The kills between ack and save, as the next life saw them.
    expect(found).toBeGreaterThanOrEqual(2);
  }, 240_000);

  it('in mid-publish: the broker has the records and the producer never hears of it', async () => {
    const running = await workers();
    const load = world.load();
    let found = 0;
    for (let round = 0; round < 2; round++) {
      const producer = world.produce();
      await producer.said('"msg":"guarantee"');
      await load.more(100);
      const before = own.kafka.proxy.counts().swallowed;
      own.kafka.proxy.trouble({ blackHole: 'to-client' });
      await load.more(50);
      await eventually('swallowed answers', 60_000, () => (own.kafka.proxy.counts().swallowed > before ? true : undefined));
      producer.signal('SIGKILL');
      expect(await producer.ended()).toBe('SIGKILL');
      own.kafka.proxy.heal();
      const next = world.produce();
      await next.said('"msg":"guarantee"');
      if (next.stderr().includes('published but not saved')) found += 1;
      expect(await next.stop()).toBe(0);
    }
    const last = world.produce();
    await world.finish([last, ...running], 90_000);
    expect(found).toBeGreaterThanOrEqual(1);
  }, 240_000);
});

describe('fault 15: a state file that cannot be understood', () => {
  it.each([
    ['empty', () => ''],
    ['truncated', (text: string) => text.slice(0, Math.floor(text.length / 2))],
    ['not JSON', () => 'last_read_timestamp = yesterday'],
    ['an unknown version', (text: string) => text.replace(/"version": *\d+/, '"version": 99')],
  ])(
    '%s: refused with exit 2, left as it is, says how to replay',
    async (_what, harm) => {
      const whole = await readFile(world.stateFile, 'utf8');
      const broken = harm(whole);
      expect(broken).not.toBe(whole);
      await writeFile(world.stateFile, broken);
      const producer = world.produce();
      expect(await world.refusal(producer)).toBe(2);
      expect(producer.stderr()).toMatch(/STATE_INVALID[\s\S]*(replay|delete|null)/i);
      expect(await readFile(world.stateFile, 'utf8')).toBe(broken);
      await writeFile(world.stateFile, whole);
    },
    60_000,
  );
});

describe('fault 17: a timestamp in the state that a person has put there', () => {
  const set = async (timestamp: string): Promise<string> => {
    const content = JSON.parse(await readFile(world.stateFile, 'utf8'));
    const text = JSON.stringify({ ...content, last_read_timestamp: timestamp });
    await writeFile(world.stateFile, text);
    return text;
  };
  it.each([
    ['9999-12-31 23:59:59.999999', /POSITION_IN_FUTURE.*9999-12-31 23:59:59\.999999.*clock is at 20\d\d-/],
    ['2038-01-01T00:00:00Z', /POSITION_IN_FUTURE.*2038-01-01 00:00:00\.000000.*clock is at 20\d\d-/],
    ['2026-11-21 01:00:00+02:00', /STATE_INVALID.*2026-11-21 01:00:00\+02:00/],
    ['yesterday', /STATE_INVALID.*yesterday/],
  ])(
    '%s: exit 2, left as it is',
    async (timestamp, says) => {
      const whole = await readFile(world.stateFile, 'utf8');
      const text = await set(timestamp);
      const producer = world.produce();
      expect({ end: await world.refusal(producer), says: producer.stderr() }).toEqual({
        end: 2,
        says: expect.stringMatching(says),
      });
      expect(JSON.parse(await readFile(world.stateFile, 'utf8')).last_read_timestamp).toBe(JSON.parse(text).last_read_timestamp);
      await writeFile(world.stateFile, whole);
    },
    60_000,
  );

  it('without its microseconds: read as zeros', async () => {
    const [{ at } = {}] = await world.sql('SELECT CAST(MAX(last_updated) AS CHAR) at FROM products');
    const second = String(at).slice(0, 19);
    const [{ n } = {}] = await world.sql('SELECT COUNT(*) n FROM products WHERE last_updated >= ?', [second]);
    const before = (await world.verdict()).records;
    await set(second);
    const producer = world.produce();
    await eventually('the rows of that second again', 30_000, async () =>
      (await world.verdict()).records === before + Number(n) ? true : undefined,
    );
    expect(Number(n)).toBeGreaterThan(0);
    expect(await producer.stop()).toBe(0);
    expect((await world.verdict()).records).toBe(before + Number(n));
  }, 60_000);
});

describe('fault 16: the state is edited or deleted', () => {
  const edit = async () => {
    const content = JSON.parse(await readFile(world.stateFile, 'utf8'));
    await writeFile(world.stateFile, JSON.stringify({ ...content, last_read_timestamp: null }));
  };
  const remove = () => unlink(world.stateFile);

  it.each([
    ['edited', 'stopped', edit],
    ['deleted', 'stopped', remove],
    ['edited', 'running under load', edit],
    ['deleted', 'running under load', remove],
  ])(
    '%s while %s: every row travels again, and nothing is lost',
    async (_what, when, harm) => {
      const running = await workers();
      const before = (await world.verdict()).records;
      let producer: Program | undefined;
      if (when !== 'stopped') {
        producer = world.produce();
        await producer.said('"msg":"guarantee"');
      }
      const load = world.load();
      await load.more(50);
      // A save that is under way may cross an edit (README): then it is made again, as a person would.
      const replayed = () => (producer?.stderr() ?? '').includes('reading from a new position');
      await harm();
      producer ??= world.produce();
      for (let again = 0; again < 3 && !replayed(); again++) {
        await eventually('the replay', 5_000, () => (replayed() ? true : undefined)).catch(harm);
      }
      expect(replayed()).toBe(true);
      await load.more(100);
      await load.stop();
      const [{ n } = {}] = await world.sql('SELECT COUNT(*) n FROM products');
      const from = new Map(
        Object.entries(
          (
            JSON.parse(await readFile(world.stateFile, 'utf8'))._rowbridge.replays as { end_offsets: Record<string, number> }[]
          ).at(-1)?.end_offsets ?? {},
        ).map(([partition, offset]) => [Number(partition), Number(offset)]),
      );
      expect(from.size).toBe(10);
      const verdict = await world.finish([producer, ...running], 40_000, from);
      expect(verdict.records - before).toBeGreaterThanOrEqual(Number(n));
    },
    120_000,
  );
});

describe('fault 29: told to stop in mid-batch', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s under load, twice over: drains, exit 0, nothing twice',
    async (signal) => {
      const load = world.load({ everyMs: 2 });
      for (let round = 0; round < 2; round++) {
        const running = [world.produce({ PAGE_ROWS: '10', POLL_INTERVAL_MS: '10' }), ...(await workers())];
        await load.more(150);
        for (const program of running) program.signal(signal);
        expect(await Promise.all(running.map((program) => program.ended(20_000)))).toEqual([0, 0, 0]);
        expect(JSON.parse(await readFile(world.stateFile, 'utf8'))._rowbridge.clean).toBe(true);
      }
      const last = [world.produce(), ...(await workers())];
      const [first] = [await world.verdict()];
      const verdict = await world.finish(last, 60_000, new Map(await endsOfReplay()));
      expect(verdict.records).toBeGreaterThan(first?.records ?? 0);
    },
    180_000,
  );

  it('twice: the second one ends it at once with 128 + n', async () => {
    // The drain waits for a broker that does not answer: only then is there time for a second signal.
    const producer = world.produce();
    await producer.said('"msg":"guarantee"');
    const load = world.load();
    await load.more(50);
    own.kafka.proxy.trouble({ blackHole: 'both' });
    await load.more(80);
    producer.signal('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 500));
    producer.signal('SIGTERM');
    expect(await producer.ended(3_000)).toBe(143);
  }, 60_000);
});

describe('fault 29: the death of the parent', () => {
  it('up, started by a shell that is killed: stops by itself, drains, leaves no process', async () => {
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${MAIN}" up products --rate 50 & wait`], {
      cwd: world.directory,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...world.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const before = (await world.verdict(new Map(await endsOfReplay()))).records;
    await eventually('records', 60_000, async () => ((await world.verdict()).records > before + 20 ? true : undefined));
    expect(processesIn(world.directory).length).toBeGreaterThan(1);
    shell.kill('SIGKILL');
    await eventually('no process left', 20_000, () => (processesIn(world.directory).length === 0 ? true : undefined));
    expect(JSON.parse(await readFile(world.stateFile, 'utf8'))._rowbridge.clean).toBe(true);
    await world.finish([world.produce(), ...(await workers())], 60_000, new Map(await endsOfReplay()));
  }, 120_000);
});

/** Where the topic ended when the last replay began. */
const endsOfReplay = async (): Promise<[number, number][]> => {
  expect(existsSync(world.stateFile)).toBe(true);
  const { _rowbridge } = JSON.parse(await readFile(world.stateFile, 'utf8'));
  const ends = (_rowbridge.replays as { end_offsets: Record<string, number> }[]).at(-1)?.end_offsets ?? {};
  return Object.entries(ends).map(([partition, offset]) => [Number(partition), Number(offset)]);
};
