import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FaultWorld, faultWorld } from '../support/fault-world.js';
import { readLogs } from '../support/oracle.js';
import { eventually } from '../support/program.js';

const asRoot = process.getuid?.() === 0 && process.platform === 'linux';
if (!asRoot) process.stderr.write('SKIPPED: faults 13 and 14, a full disk: only root on Linux can mount a tmpfs\n');
const describeAsRoot = asRoot ? describe : describe.skip;

let world: FaultWorld;
const mounted: string[] = [];
beforeAll(async () => {
  if (asRoot) world = await faultWorld('disk');
}, 180_000);
afterEach(() => world?.calm());
afterAll(async () => {
  await world?.calm();
  for (const place of mounted) execFileSync('umount', ['-l', place]);
  await world?.close();
}, 60_000);

/** A small file system of its own. */
const smallDisk = async (name: string, bytes: number) => {
  const place = join(world.directory, name);
  await mkdir(place, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', place]);
  mounted.push(place);
  const filler = join(place, 'filler');
  return {
    place,
    /** Leaves this many bytes free, in whole pages. */
    async fill(left: number) {
      const free = Number(execFileSync('df', ['--output=avail', '-B1', place], { encoding: 'utf8' }).split('\n')[1]);
      await writeFile(filler, Buffer.alloc(Math.max(0, free - left), 1));
    },
    free: () => rm(filler, { force: true }),
    remount: (how: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${how}`, place]),
  };
};

const wholeLines = async (logs: string): Promise<void> => {
  for (const instance of readLogs(logs).keys()) {
    const path = join(logs, instance, 'consumer_log.json');
    if (!existsSync(path)) continue;
    const text = await readFile(path, 'utf8');
    expect(text === '' || text.endsWith('\n')).toBe(true);
  }
};

describeAsRoot('fault 13: the volume of the logs is full, then freed', () => {
  it('no torn line, the workers pause and say so once, and go on by themselves', async () => {
    const disk = await smallDisk('consumer_logs_small', 3_000_000);
    execFileSync('cp', ['-a', `${world.logs}/.`, disk.place]);
    execFileSync('mount', ['--bind', disk.place, world.logs]);
    mounted.unshift(world.logs);
    const producer = world.produce();
    const workers = [await world.consume('consumer_1'), await world.consume('consumer_2')];
    const load = world.load({ writers: 4 });
    await eventually('200 commits', 60_000, () => (load.committed() > 200 ? true : undefined));
    for (let round = 0; round < 2; round++) {
      const said = () => workers.map((worker) => worker.stderr().split('LOG_WRITE_FAILED').length - 1);
      const [one = 0, two = 0] = said();
      await disk.fill(4_096);
      const committed = load.committed();
      await eventually('200 more commits', 60_000, () => (load.committed() > committed + 200 ? true : undefined));
      await eventually('both pausing', 30_000, () => {
        const [first = 0, second = 0] = said();
        return first > one && second > two ? true : undefined;
      });
      await wholeLines(world.logs);
      const stood = [...readLogs(world.logs).values()].flat().length;
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect([...readLogs(world.logs).values()].flat().length).toBe(stood);
      // Once, however often it was tried.
      expect(said()).toEqual([one + 1, two + 1]);
      await disk.free();
      await eventually('lines again', 20_000, () =>
        [...readLogs(world.logs).values()].flat().length > stood + 50 ? true : undefined,
      );
    }
    const verdict = await world.finish([producer, ...workers], 60_000);
    expect(verdict.lines).toBeGreaterThan(600);
  }, 180_000);
});

describeAsRoot('fault 14: the volume of the state is full or read-only', () => {
  it.each(['full', 'read-only'] as const)(
    '%s: the old file is whole, publishing pauses, says why, goes on by itself',
    async (how) => {
      const name = `state-${how}`;
      const disk = await smallDisk(name, 64 * 1024);
      execFileSync('cp', ['-a', `${join(world.directory, 'state')}/.`, disk.place]);
      const stateFile = join(disk.place, 'products', 'last_read_timestamp.json');
      const producer = world.produce({ STATE_DIR: disk.place });
      const worker = await world.consume('consumer_1');
      await producer.said('"msg":"guarantee"');
      const load = world.load();
      await eventually('100 commits', 60_000, () => (load.committed() > 100 ? true : undefined));
      if (how === 'full') await disk.fill(0);
      else disk.remount('ro');
      await producer.said('WRITE_FAILED', 20_000);
      const old = await readFile(stateFile, 'utf8');
      expect(JSON.parse(old)).toMatchObject({ last_read_timestamp: expect.any(String), _rowbridge: { version: 1 } });
      const published = (await world.verdict()).records;
      const committed = load.committed();
      await eventually('100 more commits', 60_000, () => (load.committed() > committed + 100 ? true : undefined));
      expect((await world.verdict()).records - published).toBeLessThan(50);
      expect(await readFile(stateFile, 'utf8')).toBe(old);
      if (how === 'full') await disk.free();
      else disk.remount('rw');
      await world.finish([producer, worker], 60_000);
      // What the next test, and every later one, goes on from.
      execFileSync('cp', ['-a', `${disk.place}/.`, join(world.directory, 'state')]);
    },
    120_000,
  );

  it('read-only at the start: says so and waits; --no-wait ends with 3', async () => {
    const disk = await smallDisk('state-readonly-start', 64 * 1024);
    disk.remount('ro');
    const env = { STATE_DIR: disk.place };
    expect(await world.call(['produce', 'products', '--no-wait'], env)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/WRITE_FAILED.*state-readonly-start.*read-only/),
    });
    const producer = world.produce(env);
    await producer.said('its disk is read-only');
    expect(await producer.stop()).toBe(0);
  }, 60_000);
});
