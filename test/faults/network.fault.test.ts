import { readFile } from 'node:fs/promises';
import { type FaultWorld, faultWorld, peakMiB } from '../support/fault-world.js';
import { pause } from '../support/holding.js';
import { readLogs } from '../support/oracle.js';
import { type OwnServers, ownServers } from '../support/own-servers.js';
import { eventually, type Program } from '../support/program.js';
import type { Trouble } from '../support/proxy.js';

const HOLE_MS = 60_000;
const MOST_MIB = 400;

let own: OwnServers;
let world: FaultWorld;
beforeAll(async () => {
  own = await ownServers();
  world = await faultWorld('network', own.servers);
}, 180_000);
afterEach(async () => {
  own.heal();
  await world.calm();
});
afterAll(async () => {
  await world?.close();
  await own?.close();
}, 60_000);

const all = async (): Promise<[producer: Program, ...workers: Program[]]> => [
  world.produce(),
  ...(await Promise.all(['consumer_1', 'consumer_2'].map((instance) => world.consume(instance)))),
];
const times = (program: Program, text: string) => program.stderr().split(text).length - 1;

describe('fault 2: a server is down at the start', () => {
  const waitsFor = async (code: string, programs: readonly Program[]): Promise<void> => {
    for (const program of programs) await program.said(`"code":"${code}"`, 30_000);
    await pause(5_000);
    for (const program of programs) {
      expect(program.child.exitCode).toBeNull();
      expect(times(program, `"code":"${code}"`)).toBe(1);
    }
  };
  const refused = async (code: string, what: readonly string[]): Promise<void> => {
    const result = await world.call([...what, '--no-wait']);
    expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining(code) });
  };
  const consume = ['consume', 'products', '--instance', 'consumer_1'];

  it.each([
    ['the broker', 'KAFKA_UNAVAILABLE', true, () => own.kafka.kill('SIGKILL'), () => own.kafka.start()],
    ['MySQL', 'MYSQL_UNAVAILABLE', false, () => own.mysql.kill('SIGKILL'), () => own.mysql.start()],
    ['the registry', 'REGISTRY_UNAVAILABLE', true, async () => own.registry.fail(() => 'reset'), async () => own.registry.heal()],
  ] as const)(
    '%s: waits, says for what once, goes on by itself; --no-wait ends with 3',
    async (_what, code, both, down, up) => {
      const before = (await world.verdict()).records;
      await down();
      await refused(code, ['produce', 'products']);
      if (both) await refused(code, consume);
      const producer = world.produce();
      const worker = world.run(consume);
      await waitsFor(code, both ? [producer, worker] : [producer]);
      await up();
      const load = world.load();
      await load.more(150);
      const verdict = await world.finish([producer, worker], 60_000);
      // Versions that were overwritten between two polls do not travel.
      expect(verdict.records).toBeGreaterThan(before + 50);
    },
    150_000,
  );
});

describe('fault 5: a black hole', () => {
  const holes: [string, () => void, RegExp][] = [
    ['to Kafka', () => own.kafka.proxy.trouble({ blackHole: 'both' }), /"code":"KAFKA_UNAVAILABLE"/],
    ['to MySQL', () => own.mysql.proxy.trouble({ blackHole: 'both' }), /"code":"MYSQL_UNAVAILABLE"/],
    [
      'one way: Kafka hears nothing, MySQL is not heard',
      () => {
        own.kafka.proxy.trouble({ blackHole: 'to-server' });
        own.mysql.proxy.trouble({ blackHole: 'to-client' });
      },
      /"code":"(MYSQL|KAFKA)_UNAVAILABLE"/,
    ],
  ];
  it.each(holes)(
    '%s, for 60 s: every call gives up by itself, memory stays bounded, and it resumes',
    async (_way, dig, says) => {
      const programs = await all();
      const load = world.load({ everyMs: 20 });
      await load.more(100);
      const before = own.kafka.proxy.counts().swallowed + own.mysql.proxy.counts().swallowed;
      dig();
      // While the hole is there: nobody heals it for the call that waits.
      await eventually('a call that gave up', HOLE_MS + 15_000, () => (says.test(programs[0].stderr()) ? true : undefined));
      await Promise.all([pause(10_000), load.more(200)]);
      expect(own.kafka.proxy.counts().swallowed + own.mysql.proxy.counts().swallowed).toBeGreaterThan(before);
      own.heal();
      await load.more(50);
      await load.stop();
      await world.settled(60_000);
      for (const program of programs) expect(peakMiB(program)).toBeLessThan(MOST_MIB);
      await world.finish(programs, 60_000);
    },
    240_000,
  );
});

describe('fault 6: a network that is hardly one', () => {
  const bad: Trouble = { diesAfterMs: [500, 1_500], sliceBytes: 97 };

  it('connections that die after 0.5 to 1.5 s, sliced packets and resets, for a minute: progress, and all in order', async () => {
    const programs = await all();
    const load = world.load({ everyMs: 25 });
    await load.more(50);
    own.kafka.proxy.trouble(bad);
    own.mysql.proxy.trouble(bad);
    const position = async () => JSON.parse(await readFile(world.stateFile, 'utf8')).last_read_timestamp as string;
    const logged = () => [...readLogs(world.logs).values()].flat().length;
    let moves = 0;
    const lines = logged();
    let stood = await position();
    await pause(2_000);
    const enough = () => {
      const [kafka, mysql] = [own.kafka.proxy.counts(), own.mysql.proxy.counts()];
      // How often MySQL is tried again is drawn by lot, with pauses of up to 30 s.
      return moves > 0 && logged() > lines && kafka.broken > 50 && mysql.broken > 3 && kafka.sliced + mysql.sliced > 100;
    };
    const from = Date.now();
    const lasted = () => Date.now() - from;
    while (lasted() < 60_000 || (!enough() && lasted() < 180_000)) {
      await pause(2_500);
      own.kafka.proxy.reset();
      own.mysql.proxy.reset();
      const now = await position();
      if (now !== stood) moves += 1;
      stood = now;
    }
    // Progress while it lasts, not only when it is over, and no less trouble than was meant.
    const counts = { kafka: own.kafka.proxy.counts(), mysql: own.mysql.proxy.counts() };
    expect({ enough: enough(), moves, lines: logged() - lines, ...counts }).toMatchObject({ enough: true });
    own.heal();
    await world.records(300);
    await world.finish(programs, 60_000);
  }, 500_000);
});
