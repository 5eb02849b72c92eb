import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FaultWorld, faultWorld } from '../support/fault-world.js';
import { pause } from '../support/holding.js';
import { readLogs } from '../support/oracle.js';
import { eventually, type Program } from '../support/program.js';

const SESSION_MS = 10_000;
const PRELOAD = pathToFileURL(join(__dirname, '..', 'support', 'preload.mjs')).href;

let world: FaultWorld;
let producer: Program;
beforeAll(async () => {
  world = await faultWorld('workers');
}, 180_000);
beforeEach(() => {
  producer = world.produce();
});
afterEach(() => world.calm());
afterAll(() => world?.close(), 60_000);

const log = (instance: string, name = 'consumer_log.json') => join(world.logs, instance, name);
const linesOf = (instance: string) => readLogs(world.logs).get(instance) ?? [];

/** A worker that can be told to do harm to itself just before it appends. */
const hooked = async (instance: string): Promise<Readonly<{ worker: Program; before(what: string): Promise<void> }>> => {
  const directory = world.directory;
  await rm(join(directory, 'met'), { force: true });
  const worker = await world.consume(instance, { NODE_OPTIONS: `--import ${PRELOAD}`, FAULT_DIRECTORY: directory });
  return {
    worker,
    async before(what) {
      // Placed as a whole: the program looks for it all the time.
      await writeFile(join(directory, 'before-append.new'), what);
      await rename(join(directory, 'before-append.new'), join(directory, 'before-append'));
      await eventually(`an append to be met by '${what}'`, 30_000, () => (existsSync(join(directory, 'met')) ? true : undefined));
    },
  };
};

/** All partitions are another's now. */
const takenOver = (heir: Program, instance: string) =>
  eventually(`${instance} having all partitions`, 60_000, () =>
    /"partitions":\[0,1,2,3,4,5,6,7,8,9\][^\n]*"msg":"partitions assigned"/.test(heir.stderr()) ? true : undefined,
  );

describe.each([
  ['fault 7: a write that takes longer than the session timeout', '16000'],
  ['fault 9: a worker stopped before its write, past its session, and let go on', 'stop'],
])('%s', (_what, harm) => {
  it('appends nothing after it was fenced; the heir goes on from the last logged offset', async () => {
    const { worker, before } = await hooked('consumer_1');
    const load = world.load();
    await load.more(200);
    await before(harm);
    const stood = linesOf('consumer_1').length;
    const heir = world.run(['consume', 'products', '--instance', 'consumer_2']);
    await takenOver(heir, 'consumer_2');
    await eventually('lines of the heir', 30_000, () => (linesOf('consumer_2').length > 100 ? true : undefined));
    // It has not written while it was held; what it held is with the heir by now.
    expect(linesOf('consumer_1')).toHaveLength(stood);
    worker.signal('SIGCONT');
    await pause(harm === 'stop' ? 2_000 : SESSION_MS);
    await world.finish([producer, worker, heir], 60_000);
    expect(worker.stderr().match(/partitions assigned/g)?.length).toBeGreaterThan(1);
  }, 180_000);
});

describe('fault 11: a worker is killed between append and commit', () => {
  it('its partitions move to another, and back: no line twice', async () => {
    const load = world.load();
    const heir = await world.consume('consumer_2');
    for (let round = 1; round <= 2; round++) {
      const victim = await world.consume('consumer_1', { ROWBRIDGE_TEST_KILL_AT: 'after-write:3' });
      expect(await victim.ended()).toBe('SIGKILL');
      const before = heir.stderr().length;
      await eventually('the heir having them', 60_000, () =>
        /"partitions":\[0,1,2,3,4,5,6,7,8,9\][^\n]*partitions assigned/.test(heir.stderr().slice(before)) ? true : undefined,
      );
    }
    const back = await world.consume('consumer_1');
    await load.more(100);
    await world.lines(500);
    await world.finish([producer, heir, back], 60_000);
  }, 180_000);
});

describe('fault 12: killed during an append', () => {
  const aside = async (): Promise<string[]> =>
    (await readdir(join(world.logs, 'consumer_1'))).filter((name) => name.includes('torn-'));

  it('SIGKILL when a part of the bytes is written: the tail is cut off and kept, its record comes again', async () => {
    const before = await aside();
    const { worker, before: meet } = await hooked('consumer_1');
    const load = world.load();
    await load.more(100);
    await meet('tear');
    expect(await worker.ended()).toBe('SIGKILL');
    expect((await readFile(log('consumer_1'))).at(-1)).not.toBe('\n'.charCodeAt(0));
    const again = await world.consume('consumer_1');
    await again.said('cut off a line that was torn');
    await world.finish([producer, again], 60_000);
    expect((await aside()).length).toBe(before.length + 1);
  }, 90_000);

  it.each([
    ['a torn last line', (line: Buffer) => line.subarray(0, Math.floor(line.length / 2))],
    ['one byte of it', (line: Buffer) => line.subarray(0, 1)],
    ['all but its end of line', (line: Buffer) => line],
    ['a tail of NULs', () => Buffer.alloc(4096)],
  ])(
    '%s: cut off and kept aside as it was',
    async (_what, tail) => {
      const before = await aside();
      const last = (await readFile(log('consumer_1'), 'utf8')).trimEnd().split('\n').at(-1) as string;
      const torn = tail(Buffer.from(last.replace(/"offset":(\d+)/, '"offset":9$1')));
      await appendFile(log('consumer_1'), torn);
      const load = world.load();
      const again = await world.consume('consumer_1');
      await again.said('cut off a line that was torn');
      await load.more(30);
      await world.finish([producer, again], 60_000);
      const [kept] = (await aside()).filter((name) => !before.includes(name));
      expect((await readFile(log('consumer_1', kept))).equals(torn)).toBe(true);
    },
    90_000,
  );

  it('a broken line in the middle: refused with exit 1, file, line and what to do', async () => {
    const whole = await readFile(log('consumer_1'), 'utf8');
    const lines = whole.split('\n');
    await writeFile(log('consumer_1'), [...lines.slice(0, 4), '{"id":', ...lines.slice(4)].join('\n'));
    await rm(log('consumer_1', 'consumer_log.index.json'), { force: true });
    const worker = world.run(['consume', 'products', '--instance', 'consumer_1']);
    expect(await worker.ended()).toBe(1);
    expect(worker.stderr()).toMatch(/LOG_BROKEN.*Line 5 of .*consumer_1\/consumer_log\.json[\s\S]*rowbridge logs repair/);
    await writeFile(log('consumer_1'), whole);
  }, 60_000);
});

describe('fault 31: a log is deleted or emptied', () => {
  const gone = 'the log was deleted or emptied';
  const from = async (): Promise<ReadonlySet<string>> =>
    new Set([...readLogs(world.logs).values()].flat().map(({ _kafka: { partition, offset } }) => `${partition}/${offset}`));

  it.each([
    ['deleted', 'stopped', () => rm(log('consumer_1'))],
    ['emptied', 'stopped', () => truncate(log('consumer_1'))],
    ['deleted', 'running', () => rm(log('consumer_1'))],
    ['emptied', 'running', () => truncate(log('consumer_1'))],
  ])(
    '%s while %s: goes on from the committed offset, repeats nothing, says it once',
    async (_what, when, harm) => {
      const load = world.load();
      const first = await world.consume('consumer_1');
      await load.more(100);
      await load.stop();
      await eventually('the logs standing still', 60_000, async () => {
        const before = (await from()).size;
        await pause(1_000);
        return (await from()).size === before ? true : undefined;
      });
      const known = await from();
      expect(known.size).toBeGreaterThan(50);
      if (when === 'stopped') expect(await first.stop()).toBe(0);
      await harm();
      const again = when === 'stopped' ? await world.consume('consumer_1') : first;
      const more = world.load();
      await more.more(100);
      await more.stop();
      await eventually('lines', 30_000, () => (linesOf('consumer_1').length > 50 ? true : undefined));
      await pause(1_000);
      const repeated = linesOf('consumer_1').filter(({ _kafka: { partition, offset } }) => known.has(`${partition}/${offset}`));
      expect(repeated).toEqual([]);
      expect(again.stderr().split(gone).length - 1).toBe(1);
      expect([await again.stop(), await producer.stop()]).toEqual([0, 0]);
    },
    120_000,
  );
});
