import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { itFull } from '../../support/full-disk.js';
import { type PipelineWorld, pipelineWorld, stdoutLines } from '../../support/pipeline-world.js';
import { eventually } from '../../support/program.js';

const FORM =
  /^\{"event_id":"[0-9a-f-]{36}","event_type":"(TRAFFIC_JAM|ACCIDENT|SPEED_CAMERA)","ts_utc":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00","city":"[^"]+","road":"[^"]+","lat":-?\d+(\.\d{1,6})?,"lon":-?\d+(\.\d{1,6})?,"speed_limit_kmh":\d{2,3},"direction":"[NSEW]{1,2}","active":(true|false)\}$/;

const produce = ['produce', 'traffic', '--rate', '0'];
const consume = ['consume', 'traffic'];

describe('traffic, end to end', () => {
  let world: PipelineWorld;
  beforeEach(async () => {
    world = await pipelineWorld('traffic', ['traffic']);
  });
  afterEach(() => world.close());
  /** Nothing was committed: the next one gets everything. */
  const expectAllAgain = async (count: number): Promise<void> => {
    const { stdout } = await world.call([...consume, '--json', '--max', String(count)]);
    const offsets = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)._kafka.offset);
    expect(offsets).toEqual(Array.from({ length: count }, (_, offset) => offset));
  };

  it('prints the content of each event with its partition and offset', async () => {
    await world.call([...produce, '--count', '100']);
    const sent = await world.sent('traffic');
    expect(sent).toHaveLength(100);
    for (const { value } of sent) expect(value).toMatch(FORM);
    const { code, stdout } = await world.call([...consume, '--max', '100']);
    expect(code).toBe(0);
    expect(stdout).toBe(sent.map(({ offset, value }) => `partition 0 offset ${offset}: ${value}\n`).join(''));
  });

  it('begins where it stopped, at the beginning, or at the end, as it is told', async () => {
    await world.call([...produce, '--count', '10']);
    const offsets = async (...args: string[]): Promise<number[]> => {
      const { code, stdout } = await world.call([...consume, '--json', ...args]);
      expect(code).toBe(0);
      return stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)._kafka.offset);
    };
    expect(await offsets('--max', '4')).toEqual([0, 1, 2, 3]);
    expect(await offsets('--max', '2')).toEqual([4, 5]);
    expect(await offsets('--from', 'beginning', '--max', '3')).toEqual([0, 1, 2]);
    const latest = world.run([...consume, '--json', '--from', 'latest']);
    await latest.said('partitions assigned');
    await world.call([...produce, '--count', '2']);
    expect((await stdoutLines(latest, 2)).map((line) => JSON.parse(line)._kafka.offset)).toEqual([10, 11]);
    expect(await latest.stop()).toBe(0);
  });

  it('refuses to begin elsewhere while the group reads', async () => {
    const reading = world.run(consume);
    await reading.said('partitions assigned');
    await world.call([...produce, '--count', '3']);
    await stdoutLines(reading, 3);
    const { code, stderr } = await world.call([...consume, '--from', 'beginning']);
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining('GROUP_ACTIVE') });
    expect(await reading.stop()).toBe(0);
  });

  it('puts what is no event into the dead letters with the reason, and reads on', async () => {
    const good = async () => {
      await world.call([...produce, '--count', '1']);
    };
    await good();
    const bad = ['{"event_id":', '{"event_type":"TRAFFIC_JAM"}', Buffer.from([0xff, 0xfe]), '[]', '\u001b[2J'];
    await world.publish('traffic', 0, bad);
    await good();
    const { code, stdout } = await world.call([...consume, '--max', '2', '--json']);
    expect(code).toBe(0);
    expect(
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)._kafka.offset),
    ).toEqual([0, 6]);
    const dead = await world.sent('traffic', '.dead-letter');
    expect(dead).toHaveLength(5);
    expect(dead.slice(0, 2).map(({ value }) => value)).toEqual(bad.slice(0, 2));
    const headers = await world.headers('traffic');
    expect(headers.map((one) => one['rowbridge.offset'])).toEqual(['1', '2', '3', '4', '5']);
    expect(headers[0]?.['rowbridge.reason']).toMatch(/not JSON/);
    expect(headers[1]?.['rowbridge.reason']).toMatch(/'event_id'/);
  });

  it('shows text of others harmlessly', async () => {
    const [{ value } = { value: '' }] = await (async () => {
      await world.call([...produce, '--count', '1']);
      return world.sent('traffic');
    })();
    await world.publish('traffic', 0, [JSON.stringify({ ...JSON.parse(value), city: 'Li\u009bl\u202ele' })]);
    for (const args of [[], ['--json']]) {
      const { stdout } = await world.call([...consume, '--from', 'beginning', '--max', '2', ...args]);
      expect(stdout).toContain('Li\\u009bl\\u202ele');
      expect(stdout).not.toMatch(/[\u0080-\u009f\u202e]/);
    }
  });

  it('ends cleanly on Ctrl-C, and says how many events were acknowledged', async () => {
    const producer = world.run(['produce', 'traffic', '--rate', '50']);
    await eventually('events in the topic', 30_000, async () => ((await world.sent('traffic')).length > 20 ? true : undefined));
    producer.signal('SIGINT');
    expect(await producer.ended()).toBe(0);
    const count = (await world.sent('traffic')).length;
    expect(producer.stdout()).toBe(`traffic: ${count} events acknowledged in ${world.topic('traffic')}\n`);
  });

  it('makes the same events from the same seed, but for their ids and times', async () => {
    const events = async (): Promise<string[]> =>
      (await world.sent('traffic')).map(({ value }) => {
        const { event_id: _, ts_utc: __, ...rest } = JSON.parse(value);
        return JSON.stringify(rest);
      });
    await world.call([...produce, '--count', '20', '--seed', 'a']);
    await world.call([...produce, '--count', '20', '--seed', 'a']);
    await world.call([...produce, '--count', '20', '--seed', 'b']);
    const all = await events();
    expect(all.slice(0, 20)).toEqual(all.slice(20, 40));
    expect(all.slice(40)).not.toEqual(all.slice(20, 40));
  });

  it.each([
    ['no data', async () => {}, 'ENOENT'],
    [
      'an empty list',
      async (file: string) => (await import('node:fs/promises')).writeFile(file, '[]'),
      'cities.json cannot be used: the whole file',
    ],
    [
      'no JSON',
      async (file: string) => (await import('node:fs/promises')).writeFile(file, '[\n  {"name": "Lille",\n]'),
      'line 3',
    ],
  ])('refuses %s with exit code 2, the file and what was expected', async (_, prepare, said) => {
    const { mkdir } = await import('node:fs/promises');
    await mkdir(join(world.directory, 'data', 'traffic'), { recursive: true });
    await prepare(join(world.directory, 'data', 'traffic', 'cities.json'));
    const { code, stderr } = await world.call(produce, { DATA_DIR: 'data' });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
    expect(stderr).toContain('It must hold');
    await rm(join(world.directory, 'data'), { recursive: true });
  });

  it('leaves quietly when its reader has gone', async () => {
    await world.call([...produce, '--count', '50']);
    const program = world.run([...consume]);
    program.child.stdout?.destroy();
    expect(await program.ended(30_000)).toBe(0);
    expect(program.stderr()).not.toContain('UNEXPECTED');
    await expectAllAgain(50);
  });

  itFull.each([
    ['nothing', 'ENOSPC', () => ({ stdout: '/dev/full' })],
    ['a part', 'EFBIG', () => ({ stdout: join(world.directory, 'events.json'), blocks: 8 })],
  ])('begins again where a full disk took %s', async (_, errno, to) => {
    await world.call([...produce, '--count', '50']);
    const program = world.run([...consume, '--json', '--max', '50'], {}, to());
    expect({ code: await program.ended(30_000), stderr: program.stderr() }).toEqual({
      code: 3,
      stderr: expect.stringMatching(`OUTPUT_FAILED: Cannot write to stdout: ${errno}`),
    });
    await expectAllAgain(50);
  });
});

describe('bad input', () => {
  let world: PipelineWorld;
  beforeAll(async () => {
    world = await pipelineWorld('traffic', ['traffic']);
  });
  afterAll(() => world.close());

  it.each([
    [['produce', 'traffic', 'jams'], 'FEED_UNKNOWN'],
    [['consume', 'traffic', 'viewer'], 'WORKER_UNKNOWN'],
    [['produce', 'trafic'], "Did you mean 'traffic'"],
    [['produce', 'traffic', '--count', '-1'], '--count'],
    [['produce', 'traffic', '--count', '1', '--forever'], '--forever'],
    [['produce', 'traffic', '--order', 'sorted'], '--order'],
    [['consume', 'traffic', '--from', 'middle'], '--from'],
    [['consume', 'traffic', '--max', 'many'], '--max'],
    [['consume', 'traffic', '--where', 'city'], '--where'],
    [['replay', 'traffic', '--yes'], 'REPLAY'],
    [['update', 'traffic'], 'UPDATER_MISSING'],
  ])('refuses %j with exit code 2', async (args, said) => {
    const { code, stderr } = await world.call(args);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });
});
