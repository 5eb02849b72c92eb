import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BridgeError } from '../../../src/core/errors.js';
import { result, results } from '../../contracts/sink.contract.js';
import { newWorld, type World } from './world.js';

const assigned = [{ topic: 'orders', partition: 0 }];
const next = (offset: bigint) => new Map([['orders/0', offset]]);

describe('a log that was not written to its end', () => {
  let world: World;
  let path: string;

  beforeEach(async () => {
    world = await newWorld();
    path = world.pathOf('w1');
  });

  afterEach(() => world.remove());

  /** A log with offsets 0 to 2 and no index: as a killed worker leaves it. */
  const leave = async (text?: string): Promise<string> => {
    const sink = world.sink('w1');
    await sink.resume(assigned);
    await sink.write(results(0, 0, 3));
    await sink.close();
    await writeFile(world.pathOf('w1', 'consumer_log.index.json'), '');
    if (text !== undefined) await appendFile(path, text);
    return readFile(path, 'utf8');
  };

  const torn = async (): Promise<string[]> => (await world.files('w1')).filter((name) => name.includes('.torn-'));

  it('is cut back to its last whole line, wherever it was torn', async () => {
    const whole = await leave();
    const lastStart = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let length = lastStart + 1; length < whole.length; length++) {
      await writeFile(path, whole.slice(0, length));
      const sink = world.sink('w1', { now: () => new Date(length * 1000) });
      expect(await sink.resume(assigned)).toEqual(next(2n));
      expect(await readFile(path, 'utf8')).toBe(whole.slice(0, lastStart));
      await sink.write(results(0, 2, 3));
      expect(await readFile(path, 'utf8')).toBe(whole);
      await sink.close();
      await writeFile(world.pathOf('w1', 'consumer_log.index.json'), '');
    }
    const aside = await torn();
    expect(aside).toHaveLength(whole.length - lastStart - 1);
    expect(world.warnings()).toHaveLength(aside.length);
  }, 60_000);

  it('keeps what was cut off beside it, under a name with the time', async () => {
    await leave('{"id":3,"na');
    const now = () => new Date('2026-11-21T01:22:33.456Z');
    expect(await world.sink('w1', { now }).resume(assigned)).toEqual(next(3n));
    expect(await world.text('w1', 'consumer_log.json.torn-2026-11-21T01-22-33Z')).toBe('{"id":3,"na');
  });

  it('overwrites nothing that was cut off in the same second', async () => {
    const now = () => new Date('2026-11-21T01:22:33Z');
    for (const text of ['{"first', '{"second']) {
      await leave(text);
      const sink = world.sink('w1', { now });
      await sink.open();
      await sink.close();
      await truncate(path, 0);
    }
    expect(await torn()).toEqual([
      'consumer_log.json.torn-2026-11-21T01-22-33Z',
      'consumer_log.json.torn-2026-11-21T01-22-33Z-2',
    ]);
    expect(await world.text('w1', 'consumer_log.json.torn-2026-11-21T01-22-33Z-2')).toBe('{"second');
  });

  it.each([
    ['NULs', '\0'.repeat(5000)],
    ['a line that ends in NULs', `{"id":3,"name":"L${'\0'.repeat(4096)}`],
    [
      'a whole line but for its end',
      JSON.stringify({ id: 3, _kafka: { topic: 'orders', partition: 0, offset: 3, timestamp: 1_700_000_000_003 } }),
    ],
    ['a very long line', 'x'.repeat(3_000_000)],
  ])('is cut back when its tail is %s', async (_name, tail) => {
    const whole = await leave(tail);
    expect(await world.sink('w1').resume(assigned)).toEqual(next(3n));
    expect(await readFile(path, 'utf8')).toBe(whole.slice(0, whole.length - tail.length));
  });

  it.each([
    ['no JSON', 'hello'],
    ['JSON without its origin', '{"id":1}'],
    ['an origin without JSON', '{"id":1,,"_kafka":{"topic":"orders","partition":0,"offset":3,"timestamp":1}}'],
    ['a NUL', '{"id":"\0","_kafka":{"topic":"orders","partition":0,"offset":3,"timestamp":1}}'],
    ['an empty line', ''],
    ['an origin that is not at the end', '{"_kafka":{"topic":"orders","partition":0,"offset":3,"timestamp":1},"id":1}'],
    ['the second part of nothing', '{"id":1,"_kafka":{"topic":"orders","partition":0,"offset":3,"timestamp":1,"part":2,"of":2}}'],
    [
      'a first part that others follow',
      '{"id":1,"_kafka":{"topic":"orders","partition":0,"offset":3,"timestamp":1,"part":1,"of":2}}\n{"id":1,"_kafka":{"topic":"orders","partition":0,"offset":4,"timestamp":1}}',
    ],
  ])('refuses to start on %s in the middle', async (_name, line) => {
    const whole = await leave(`${line}\n{"id":9,"_kafka":{"topic":"orders","partition":0,"offset":9,"timestamp":1}}\n`);
    const at = line.includes('\n') ? 5 : 4;
    const refusal = await world
      .sink('w1')
      .open()
      .then(
        () => undefined,
        (error: BridgeError) => error,
      );
    expect(refusal).toMatchObject({ kind: 'integrity', code: 'LOG_BROKEN' });
    expect(refusal?.found).toContain(`Line ${at} of ${path}`);
    expect(refusal?.fix).toContain('rowbridge logs repair');
    expect(await readFile(path, 'utf8')).toBe(whole);
    // The lock is let go: the repair may need it.
    await expect(world.sink('w1').open()).rejects.toMatchObject({ code: 'LOG_BROKEN' });
  });

  it('refuses to start on a broken line in the log of another', async () => {
    await mkdir(join(world.directory, 'w2'));
    await writeFile(world.pathOf('w2'), 'hello\n{}\n');
    await expect(world.sink('w1').resume(assigned)).rejects.toMatchObject({ code: 'LOG_BROKEN' });
  });

  it('holds a unit whole or not at all, wherever it was torn', async () => {
    const sink = world.sink('w1');
    await sink.resume(assigned);
    await sink.write([result(0, 0), ...[1, 2, 3].map((id) => result(0, 1, { id }))]);
    await sink.close();
    const whole = await readFile(path, 'utf8');
    const unitStart = whole.indexOf('\n') + 1;
    for (let length = unitStart; length < whole.length; length += 7) {
      await writeFile(path, whole.slice(0, length));
      await writeFile(world.pathOf('w1', 'consumer_log.index.json'), '');
      const again = world.sink('w1');
      expect(await again.resume(assigned)).toEqual(next(1n));
      expect(await readFile(path, 'utf8')).toBe(whole.slice(0, unitStart));
      await again.close();
    }
  });

  it('does not keep a torn line of a dead worker whose records another has taken up', async () => {
    const whole = await leave('{"id":3,"na');
    const heir = world.sink('w2');
    expect(await heir.resume(assigned)).toEqual(next(3n));
    await heir.write(results(0, 3, 5));
    expect(await readFile(path, 'utf8')).toBe(whole.slice(0, -'{"id":3,"na'.length));
    expect(await torn()).toHaveLength(1);
    expect(await world.offsets('w2')).toEqual([3, 4]);
  });
});
