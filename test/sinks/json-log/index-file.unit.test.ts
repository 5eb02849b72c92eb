import { appendFile, readFile, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { type FileSystem, nodeFiles } from '../../../src/adapters/files/file-system.js';
import { lastLogged } from '../../../src/sinks/json-log/index.js';
import { result, results } from '../../contracts/sink.contract.js';
import { newWorld, type World } from './world.js';

const assigned = [{ topic: 'orders', partition: 0 }];
const INDEX = 'consumer_log.index.json';

describe('the index beside a log', () => {
  let world: World;

  beforeEach(async () => {
    world = await newWorld();
  });

  afterEach(() => world.remove());

  /** Files that count the bytes read of logs. */
  const counting = () => {
    const counted = { bytes: 0 };
    const files: FileSystem = {
      ...nodeFiles,
      async open(path, flags, mode) {
        const file = await nodeFiles.open(path, flags, mode);
        const read = file.read.bind(file) as (...args: unknown[]) => Promise<{ bytesRead: number; buffer: Buffer }>;
        const read_ = async (...args: unknown[]) => {
          const done = await read(...args);
          counted.bytes += done.bytesRead;
          return done;
        };
        return Object.assign(file, { read: read_ });
      },
    };
    return { counted, files };
  };

  const leave = async (to: number): Promise<number> => {
    const sink = world.sink('w1');
    await sink.resume(assigned);
    for (let from = 0; from < to; from += 1000) await sink.write(results(0, from, Math.min(to, from + 1000)));
    await sink.close();
    return (await stat(world.pathOf('w1'))).size;
  };

  const resumed = async (): Promise<Readonly<{ next: bigint | undefined; read: number }>> => {
    const { counted, files } = counting();
    const sink = world.sink('w1', { files });
    const next = (await sink.resume(assigned)).get('orders/0');
    await sink.close();
    return { next, read: counted.bytes };
  };

  it('spares a start from reading the log, also another worker', async () => {
    const size = await leave(5000);
    const { next, read } = await resumed();
    expect(next).toBe(5000n);
    expect(read).toBeLessThan(size / 100);
    const { counted, files } = counting();
    const other = world.sink('w2', { files });
    expect(await other.resume(assigned)).toEqual(new Map([['orders/0', 5000n]]));
    await other.close();
    expect(counted.bytes).toBeLessThan(size / 100);
  });

  it('is read on from where it ends', async () => {
    await leave(5000);
    const index = await world.text('w1', INDEX);
    const sink = world.sink('w1');
    await sink.resume(assigned);
    await sink.write(results(0, 5000, 5010));
    await sink.close();
    await writeFile(world.pathOf('w1', INDEX), index);
    const { next, read } = await resumed();
    expect(next).toBe(5010n);
    expect(read).toBeLessThan(5000);
    expect(read).toBeGreaterThan(800);
  });

  it('is written again when the log has grown by 8 MB', async () => {
    const sink = world.sink('w1');
    await sink.resume(assigned);
    const name = 'x'.repeat(100_000);
    for (let offset = 0; offset < 90; offset++) await sink.write([result(0, offset, { name })]);
    const { bytes, offsets } = JSON.parse(await world.text('w1', INDEX));
    expect(bytes).toBeGreaterThan(8 << 20);
    expect(offsets['orders/0'].lines).toBeGreaterThan(80);
  });

  it.each([
    ['is gone', () => unlink(world.pathOf('w1', INDEX))],
    ['is empty', () => writeFile(world.pathOf('w1', INDEX), '')],
    [
      'is of another version',
      async () => writeFile(world.pathOf('w1', INDEX), (await world.text('w1', INDEX)).replace('"version": 1', '"version": 2')),
    ],
    [
      'is longer than the log',
      async () =>
        writeFile(world.pathOf('w1', INDEX), (await world.text('w1', INDEX)).replace(/"bytes": \d+/, '"bytes": 99999999')),
    ],
    [
      'is about other bytes',
      async () => writeFile(world.pathOf('w1', INDEX), (await world.text('w1', INDEX)).replace(/"bytes": (\d)/, '"bytes": ')),
    ],
    [
      'has another tail',
      async () => writeFile(world.pathOf('w1', INDEX), (await world.text('w1', INDEX)).replace(/"tail": "./, '"tail": "-')),
    ],
    [
      'has no numbers',
      async () => writeFile(world.pathOf('w1', INDEX), (await world.text('w1', INDEX)).replace(/"lines": \d+/, '"lines": null')),
    ],
  ])('is not believed when it %s', async (_what, spoil) => {
    const size = await leave(50);
    await spoil();
    const { next, read } = await resumed();
    expect(next).toBe(50n);
    expect(read).toBeGreaterThanOrEqual(size);
    expect(JSON.parse(await world.text('w1', INDEX)).bytes).toBe(size);
  });

  it('is not believed about a log that was cut and written on', async () => {
    await leave(50);
    const text = await world.text('w1');
    const cut = text.indexOf('\n', text.length / 2) + 1;
    await truncate(world.pathOf('w1'), cut);
    const kept = text.slice(0, cut).split('\n').length - 1;
    expect((await resumed()).next).toBe(BigInt(kept));
  });

  it('counts lines, for those who ask how far the log is; they change nothing', async () => {
    await leave(50);
    await appendFile(world.pathOf('w1'), '{"id":50,"na');
    const before = await readFile(world.pathOf('w1'));
    const files = await world.files('w1');
    const where = { directory: world.directory, instance: 'w1' };
    expect(await lastLogged(where)).toEqual(new Map([['orders/0', { offset: 49n, timestamp: 1_700_000_000_049, lines: 50 }]]));
    await unlink(world.pathOf('w1', INDEX));
    expect(await lastLogged(where)).toEqual(new Map([['orders/0', { offset: 49n, timestamp: 1_700_000_000_049, lines: 50 }]]));
    expect(await lastLogged({ directory: world.directory, instance: 'none' })).toEqual(new Map());
    expect(await readFile(world.pathOf('w1'))).toEqual(before);
    expect(await world.files('w1')).toEqual(files.filter((name) => name !== INDEX));
  });

  it('counts every line of a record that became several', async () => {
    const sink = world.sink('w1');
    await sink.resume(assigned);
    await sink.write([result(0, 0), result(0, 1, { id: 1 }), result(0, 1, { id: 2 })]);
    await sink.write([result(0, 2, { id: 1 }), result(0, 2, { id: 2 })]);
    const where = { directory: world.directory, instance: 'w1' };
    const expected = new Map([['orders/0', { offset: 2n, timestamp: 1_700_000_000_002, lines: 5 }]]);
    expect(await lastLogged(where)).toEqual(expected);
    await sink.close();
    expect(await lastLogged(where)).toEqual(expected);
  });
});
