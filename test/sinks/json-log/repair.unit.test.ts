import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { nodeFiles } from '../../../src/adapters/files/file-system.js';
import { auditLogs, instancesIn, type RepairPlan, repairLogs, surroundingsOf } from '../../../src/sinks/json-log/maintenance.js';
import { result } from '../../contracts/sink.contract.js';
import { silentLog } from '../../support/silent-log.js';
import { newMachine } from './simulation.js';
import { newWorld, type World } from './world.js';

const PARTITIONS = 3;
const keyOf = (partition: number) => `orders/${partition}`;
const unit = (partition: number, offset: bigint) =>
  // Every seventh record gives nothing, every fifth three lines.
  offset % 7n === 6n
    ? []
    : Array.from({ length: offset % 5n === 3n ? 3 : 1 }, (_, part) => result(partition, offset, { id: Number(offset), part }));

type Done = Readonly<{ plans: readonly RepairPlan[]; read: string[] }>;

describe('the repair of logs', () => {
  let world: World;

  beforeEach(async () => {
    world = await newWorld();
  });

  afterEach(() => world.remove());

  const write = async (
    instance: string,
    records: readonly (readonly [partition: number, offset: number])[],
    rotateBytes?: number,
  ) => {
    const sink = world.sink(instance, rotateBytes === undefined ? {} : { rotateBytes });
    await sink.resume([...new Set(records.map(([partition]) => partition))].map((partition) => ({ topic: 'orders', partition })));
    for (const [partition, offset] of records) await sink.write(unit(partition, BigInt(offset)));
    await sink.close();
  };

  const repair = async (
    committed: readonly bigint[],
    { agreed = true, start = 0n, files = nodeFiles, processes = undefined as never, unique = undefined as never } = {},
  ): Promise<Done> => {
    const read: string[] = [];
    const s = surroundingsOf({
      log: silentLog,
      files,
      pause: async () => {},
      ...(processes === undefined ? {} : { processes }),
      ...(unique === undefined ? {} : { unique }),
    });
    const plans = await repairLogs(s, {
      directory: world.directory,
      instances: files === nodeFiles ? await instancesIn(nodeFiles, world.directory) : ['w1'],
      isOurs: () => true,
      facts: async () => new Map(committed.map((next, partition) => [keyOf(partition), { committed: next, start }])),
      readRecordTimestamp: async (_topic, _partition, offset) => world.topic.timestamp(offset),
      async *readAgain(key, { from, to }) {
        for (let offset = from; offset < to; offset++) {
          read.push(`${key}@${offset}`);
          yield unit(Number(key.slice(-1)), offset);
        }
      },
      agreed: async () => agreed,
    });
    return { plans, read };
  };

  const audit = async () => auditLogs(nodeFiles, world.directory, await instancesIn(nodeFiles, world.directory));
  const kinds = async () => (await audit()).findings.map(({ kind, line }) => `${kind} ${line}`);

  /** Puts something into a log in the place of some of its lines. */
  const spoil = async (instance: string, from: number, to: number, text: string): Promise<string> => {
    const whole = await world.text(instance);
    const lines = whole.split('\n').slice(0, -1);
    const spoilt = [...lines.slice(0, from), ...(text === '' ? [] : [text]), ...lines.slice(to)];
    await writeFile(world.pathOf(instance), spoilt.map((line) => `${line}\n`).join(''));
    return whole;
  };

  it('puts back what a damaged line held, in its place, from interleaved partitions', async () => {
    await write('w1', [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 2],
      [1, 2],
    ]);
    const whole = await spoil('w1', 2, 3, '{"id":1,"na\0\0\0');
    expect(await kinds()).toEqual(['foreign 3', expect.stringMatching(/index/)]);
    const { plans, read } = await repair([3n, 3n]);
    expect(plans.map(({ mendings }) => mendings.length)).toEqual([1]);
    expect(read).toEqual(['orders/0@1']);
    expect(await world.text('w1')).toBe(whole);
    expect(await kinds()).toEqual([]);
    const [aside = ''] = (await world.files('w1')).filter((name) => name.includes('.broken-'));
    expect(await world.text('w1', aside)).toBe('{"id":1,"na\0\0\0\n');
    const sink = world.sink('w1');
    expect((await sink.resume([{ topic: 'orders', partition: 0 }])).get('orders/0')).toBe(3n);
  });

  it('only takes out a line that was put in by somebody else', async () => {
    await write('w1', [
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
    const whole = await spoil('w1', 1, 1, 'hello');
    expect((await repair([3n])).read).toEqual([]);
    expect(await world.text('w1')).toBe(whole);
  });

  it('puts back what was the last of its partition, as far as the group has committed it; the rest comes by itself', async () => {
    await write('w1', [
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
    await spoil('w1', 1, 3, 'hello');
    expect((await repair([2n])).read).toEqual(['orders/0@1']);
    expect(await world.offsets('w1')).toEqual([0, 1]);
  });

  it('puts back nothing that another instance has logged', async () => {
    await write('w1', [
      [0, 0],
      [0, 1],
    ]);
    await write('w2', [
      [0, 2],
      [0, 3],
    ]);
    await spoil('w1', 1, 2, 'hello');
    expect((await repair([4n])).read).toEqual(['orders/0@1']);
    expect([await world.offsets('w1'), await world.offsets('w2')]).toEqual([
      [0, 1],
      [2, 3, 3, 3],
    ]);
  });

  it('puts back once what may have stood in either of two places', async () => {
    await write('w1', [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 2],
    ]);
    await spoil('w1', 3, 3, 'hello');
    await spoil('w1', 1, 2, 'hello');
    expect((await repair([3n, 2n])).read).toEqual(['orders/1@0']);
    await spoil('w1', 4, 5, 'hello');
    await spoil('w1', 3, 4, 'hello');
    await spoil('w1', 1, 2, 'hello');
    expect((await repair([3n, 2n])).read).toEqual(['orders/1@0', 'orders/1@1', 'orders/0@2']);
    expect([await world.offsets('w1', 0), await world.offsets('w1', 1)]).toEqual([
      [0, 1, 2],
      [0, 1],
    ]);
  });

  it('leaves everything as it is unless a person agrees, and without a damage', async () => {
    await write('w1', [[0, 0]]);
    expect((await repair([1n])).plans).toEqual([]);
    await spoil('w1', 0, 0, 'hello');
    const text = await world.text('w1');
    expect((await repair([1n], { agreed: false })).plans).toHaveLength(1);
    expect(await world.text('w1')).toBe(text);
    expect((await world.files('w1')).filter((name) => name.includes('broken'))).toEqual([]);
  });

  it('is refused while a worker runs', async () => {
    const sink = world.sink('w1');
    await sink.open();
    await appendFile(world.pathOf('w1'), 'hello\n{}\n');
    await expect(repair([0n])).rejects.toMatchObject({ code: 'LOG_LOCKED' });
  });

  it('says what is lost where the topic no longer holds it', async () => {
    await write('w1', [
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
    await spoil('w1', 1, 3, 'hello');
    const { plans, read } = await repair([4n], { start: 2n });
    expect(plans[0]?.mendings[0]?.gaps).toEqual([{ key: 'orders/0', runs: [{ from: 2n, to: 3n }], gone: 1n }]);
    expect(read).toEqual(['orders/0@2']);
  });

  it('puts back nothing of a topic that was made anew', async () => {
    await write('w1', [
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
    await spoil('w1', 1, 2, 'hello');
    world.topic.timestamp = () => ({ kind: 'beyond' });
    expect((await repair([3n])).read).toEqual([]);
    expect(await world.offsets('w1')).toEqual([0, 2]);
  });

  it('removes an index that lies, and refuses to guess when rotated logs were moved away', async () => {
    await write('w1', [
      [0, 0],
      [0, 1],
    ]);
    const index = await world.text('w1', 'consumer_log.index.json');
    await writeFile(world.pathOf('w1', 'consumer_log.index.json'), index.replace('"offset": "1"', '"offset": "7"'));
    expect(await kinds()).toEqual(['index 0']);
    await repair([2n]);
    expect(await kinds()).toEqual([]);
  });

  it('refuses to put something back while rotated logs are away, which may hold it', async () => {
    await write('w1', [[0, 0]], 1);
    await write('w1', [
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
    const [rotated = ''] = (await world.files('w1')).filter((name) => /^consumer_log\.\d/.test(name));
    const text = await world.text('w1', rotated);
    await spoil('w1', 1, 2, 'hello');
    await nodeFiles.unlink(world.pathOf('w1', rotated));
    await expect(repair([4n])).rejects.toMatchObject({ code: 'LOGS_MOVED_AWAY' });
    await writeFile(world.pathOf('w1', rotated), text);
    expect((await repair([4n])).read).toEqual(['orders/0@2']);
  });

  it('leaves every record once and in order, whatever was spoilt', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(PARTITIONS - 1), { minLength: 1, maxLength: 40 }),
        fc.array(
          fc.record({ at: fc.nat(60), count: fc.nat(4), text: fc.constantFrom('', 'x', '{}', '\0\0', '{"_kafka":1}', 'a\nb') }),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
        fc.nat(39),
        fc.boolean(),
        async (order, damages, split, rotating) => {
          await world.remove();
          world = await newWorld();
          const counts = Array<number>(PARTITIONS).fill(0);
          const records = order.map((partition): [number, number] => {
            const offset = counts[partition] ?? 0;
            counts[partition] = offset + 1;
            return [partition, offset];
          });
          await write('w1', records.slice(0, split), rotating ? 400 : undefined);
          await write('w2', records.slice(split));
          for (const { at, count, text } of damages) {
            const lines = (await world.text('w2').catch(() => '')).split('\n').slice(0, -1);
            const from = Math.min(at, lines.length);
            // Without anything in its place a damage cannot be seen.
            if (lines.length > 0) await spoil('w2', from, Math.min(from + count, lines.length), text === '' ? 'y' : text);
          }
          const committed = counts.map(BigInt);
          await repair(committed);
          const found = await audit();
          expect(found.findings).toEqual([]);
          for (let partition = 0; partition < PARTITIONS; partition++)
            for (let offset = 0; offset < (counts[partition] ?? 0); offset++) {
              const lines = [...(await allLines('w1')), ...(await allLines('w2'))].filter(
                (line) => line.partition === partition && line.offset === offset,
              );
              expect({ partition, offset, lines: lines.length }).toEqual({
                partition,
                offset,
                lines: unit(partition, BigInt(offset)).length,
              });
            }
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);

  const allLines = async (instance: string): Promise<{ partition: number; offset: number }[]> => {
    const found = await audit();
    const texts = await Promise.all((found.files.get(instance) ?? []).map(({ path }) => readFile(path, 'utf8')));
    return texts.flatMap((text) => text.split('\n').slice(0, -1)).map((line) => JSON.parse(line)._kafka);
  };

  it('leaves the old log or the new one when it is killed at any call, and can be done again', async () => {
    for (let nth = 0; ; nth++) {
      await world.remove();
      world = await newWorld();
      await write('w1', [
        [0, 0],
        [0, 1],
        [0, 2],
        [0, 3],
        [0, 4],
      ]);
      const whole = await spoil('w1', 1, 2, 'hello\nyou');
      const spoilt = await world.text('w1');
      const machine = newMachine({ random: () => 0, containers: false, fullDisk: () => 0, deafness: () => 0, freezing: () => 0 });
      const life = machine.newLife();
      let names = 0;
      const unique = (() => `${life.pid}-${++names}`) as never;
      const repairing = repair([5n], { files: life.files, processes: life.processes as never, unique }).catch(() => {});
      const made = await machine.run(life, repairing, (_what, calls) => calls === nth);
      const ended = made < nth;
      machine.kill(life);
      const again = await repair([5n], { processes: machine.newLife().processes as never });
      expect([nth, again.plans.length <= 1, await world.text('w1')]).toEqual([nth, true, whole]);
      expect((await world.files('w1')).filter((name) => /torn/.test(name))).toEqual([]);
      expect(spoilt).not.toBe(whole);
      machine.end();
      if (ended) return expect(nth).toBeGreaterThan(40);
    }
  }, 120_000);
});

it('reads logs of any length in bounded memory', async () => {
  const world = await newWorld();
  const sink = world.sink('w1');
  await sink.resume([{ topic: 'orders', partition: 0 }]);
  await sink.write([result(0, 0), result(0, 1, { name: 'é'.repeat(1_500_000) })]);
  await sink.close();
  await appendFile(world.pathOf('w1'), 'x'.repeat(2_500_000));
  const { findings } = await auditLogs(nodeFiles, world.directory, ['w1']);
  expect(findings).toMatchObject([
    { kind: 'torn', line: 3, file: join(world.directory, 'w1', 'consumer_log.json'), bytes: 2_500_000 },
  ]);
  await world.remove();
});
