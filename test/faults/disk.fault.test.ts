import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FaultWorld, faultWorld } from '../support/fault-world.js';
import { readLogs } from '../support/oracle.js';
import { eventually } from '../support/program.js';
import { canMount, type SmallDisk, smallDisk } from '../support/small-disk.js';

if (!canMount) process.stderr.write('SKIPPED: faults 13 and 14, a full disk: only root on Linux can mount a tmpfs\n');
const describeAsRoot = canMount ? describe : describe.skip;

let world: FaultWorld;
const disks: SmallDisk[] = [];
const disk = async (place: string, bytes: number): Promise<SmallDisk> => {
  const made = await smallDisk(place, bytes);
  disks.push(made);
  return made;
};
beforeAll(async () => {
  if (canMount) world = await faultWorld('disk');
}, 180_000);
afterEach(() => world?.calm());
afterAll(async () => {
  await world?.calm();
  for (const { unmount } of disks.reverse()) unmount();
  await world?.close();
}, 60_000);

const wholeLines = async (logs: string): Promise<void> => {
  for (const instance of readLogs(logs).keys()) {
    const path = join(logs, instance, 'consumer_log.json');
    if (!existsSync(path)) continue;
    const text = await readFile(path, 'utf8');
    expect(text === '' || text.endsWith('\n')).toBe(true);
  }
};

const lines = () => [...readLogs(world.logs).values()].flat().length;
describeAsRoot('fault 13: the volume of the logs is full, then freed', () => {
  it('no torn line, the workers pause and say so once, and go on by themselves', async () => {
    const { fill, free } = await disk(world.logs, 3_000_000);
    const producer = world.produce();
    const workers = [await world.consume('consumer_1'), await world.consume('consumer_2')];
    const load = world.load({ writers: 4 });
    await load.more(200);
    for (let round = 0; round < 2; round++) {
      const said = () => workers.reduce((sum, worker) => sum + worker.stderr().split('LOG_WRITE_FAILED').length - 1, 0);
      const before = said();
      await fill(4_096);
      await load.more(300);
      await eventually('a worker that pauses', 60_000, () => (said() > before ? true : undefined));
      // The last page of each log takes a little more.
      const stood = await eventually('logs that stand still', 60_000, async () => {
        const count = lines();
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        return lines() === count ? count : undefined;
      });
      await wholeLines(world.logs);
      await free();
      await eventually('lines again', 60_000, () => (lines() > stood + 50 ? true : undefined));
    }
    await world.lines(600);
    await world.finish([producer, ...workers], 60_000);
  }, 180_000);

  it('full when a worker starts: it waits and says so; --no-wait ends with 3', async () => {
    const { fill, free } = await disk(world.logs, 3_000_000);
    await fill(0);
    expect(await world.call(['consume', 'products', '--instance', 'consumer_9', '--no-wait'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('LOG_WRITE_FAILED'),
    });
    const worker = world.run(['consume', 'products', '--instance', 'consumer_9']);
    await worker.said('LOG_WRITE_FAILED');
    await free();
    await worker.said('partitions assigned');
    expect(await worker.stop()).toBe(0);
  }, 150_000);
});

describeAsRoot('fault 14: the volume of the state is full or read-only', () => {
  it.each(['full', 'read-only'] as const)(
    '%s: the old file is whole, publishing pauses, says why, goes on by itself',
    async (how) => {
      const { fill, free, remount } = await disk(join(world.directory, 'state'), 64 * 1024);
      const producer = world.produce();
      const worker = await world.consume('consumer_1');
      await producer.said('"msg":"guarantee"');
      const load = world.load();
      await load.more(100);
      if (how === 'full') await fill(0);
      else remount('ro');
      await producer.said('WRITE_FAILED', 20_000);
      const old = await readFile(world.stateFile, 'utf8');
      expect(JSON.parse(old)).toMatchObject({ last_read_timestamp: expect.any(String), _rowbridge: { version: 1 } });
      const published = (await world.verdict()).records;
      await load.more(150);
      expect((await world.verdict()).records - published).toBeLessThan(50);
      expect(await readFile(world.stateFile, 'utf8')).toBe(old);
      if (how === 'full') await free();
      else remount('rw');
      await world.finish([producer, worker], 60_000);
    },
    120_000,
  );

  it('read-only at the start: says so and waits; --no-wait ends with 3', async () => {
    const { remount } = await disk(join(world.directory, 'state'), 64 * 1024);
    remount('ro');
    expect(await world.call(['produce', 'products', '--no-wait'])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/WRITE_FAILED.*last_read_timestamp\.json.*read-only/),
    });
    const producer = world.produce();
    await producer.said('its disk is read-only');
    expect(await producer.stop()).toBe(0);
  }, 60_000);
});
