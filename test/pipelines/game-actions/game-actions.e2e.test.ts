import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PipelineWorld, pipelineWorld } from '../../support/pipeline-world.js';

const shipped = join(__dirname, '..', '..', '..', 'data', 'game-actions');
const produce = ['produce', 'game-actions', '--rate', '0'];
const consume = ['consume', 'game-actions', '--from', 'beginning'];

type Action = { player: string; action: string; details: Record<string, unknown>; ts_utc: string };

describe('game actions, end to end', () => {
  let world: PipelineWorld;
  beforeEach(async () => {
    world = await pipelineWorld('game-actions', ['game-actions']);
  });
  afterEach(() => world.close());

  it('shows every action as a sentence, and those of one player in their order when asked', async () => {
    await world.call([...produce, '--count', '200']);
    const sent = (await world.sent('game-actions')).map((record) => ({ ...record, value: JSON.parse(record.value) as Action }));
    expect(sent).toHaveLength(200);
    for (const { key, value } of sent) expect(key).toBe(value.player);
    const { stdout } = await world.call([...consume, '--max', '200']);
    const lines = stdout.split('\n').slice(0, -1);
    const shown = lines.map((line) => /^(\d\d:\d\d:\d\d\.\d{3}) {2}(\S+) .+ {2}\((\d+)\/(\d+)\)$/.exec(line)?.slice(1));
    expect(shown.map((parts) => parts?.join()).sort()).toEqual(
      sent.map(({ partition, offset, value }) => [value.ts_utc.slice(11, 23), value.player, partition, offset].join()).sort(),
    );
    const player = sent[0]?.value.player ?? '';
    const own = sent.filter(({ value }) => value.player === player);
    const { stdout: one } = await world.call([...consume, '--where', `player=${player}`, '--max', String(own.length), '--json']);
    const read = one.split('\n').slice(0, -1);
    expect(read.map((line) => JSON.parse(line)._kafka.offset)).toEqual(own.map(({ offset }) => offset));
    expect(read.map((line) => JSON.parse(line).ts_utc)).toEqual(own.map(({ value }) => value.ts_utc));
    expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
  });

  it('replays the file in its order, with what a person has added, and begins again at its end', async () => {
    const data = join(world.directory, 'data', 'game-actions');
    await cp(shipped, data, { recursive: true });
    const file = join(data, 'actions.json');
    const actions = [...JSON.parse(await readFile(file, 'utf8')), { action: 'juggle', balls: 5 }] as Record<string, unknown>[];
    await writeFile(file, JSON.stringify(actions));
    const count = actions.length + 3;
    const { code } = await world.call([...produce, '--count', String(count), '--order', 'file'], {
      DATA_DIR: 'data',
      GAME_ACTIONS_PARTITIONS: '3',
    });
    expect(code).toBe(0);
    const sent = (await world.sent('game-actions')).map(({ value }) => JSON.parse(value) as Action);
    const inTime = sent.sort((a, b) => (a.ts_utc < b.ts_utc ? -1 : 1)).map(({ action, details }) => ({ action, ...details }));
    // Times of one microsecond have no order: compared as a whole, and by what the file repeats.
    const wanted = Array.from({ length: count }, (_, n) => actions[n % actions.length]);
    expect(inTime.map((one) => JSON.stringify(one)).sort()).toEqual(wanted.map((one) => JSON.stringify(one)).sort());
    const { stdout } = await world.call([...consume, '--where', 'action=juggle', '--max', '1']);
    expect(stdout).toMatch(/juggles \(balls: 5\)/);
  });

  it('refuses a file without actions, and one that is broken, with the place', async () => {
    const data = join(world.directory, 'data', 'game-actions');
    await cp(shipped, data, { recursive: true });
    for (const [content, said] of [
      ['[]', 'the whole file'],
      ['[{"action": "move"}, {"action": 5}]', '1.action'],
      ['[{"action": "move"},\n{"action" "jump"}]', 'line 2'],
    ] as const) {
      await writeFile(join(data, 'actions.json'), content);
      const { code, stderr } = await world.call([...produce, '--count', '1'], { DATA_DIR: 'data' });
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
      expect(stderr).toContain('actions.json');
    }
  });
});
