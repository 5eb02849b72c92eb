import { mkdir, rm, rmdir, stat } from 'node:fs/promises';
import fc from 'fast-check';
import type { Beginning } from '../../../src/core/broker.js';
import { isTransient } from '../../../src/core/errors.js';
import type { Row } from '../../../src/core/pipeline.js';
import type { Result, Sink } from '../../../src/core/sink.js';
import { partitionKey } from '../../../src/core/topic.js';
import { failureOf } from '../../contracts/failure.js';
import { result, results } from '../../contracts/sink.contract.js';
import { newWorld, type World } from './world.js';

const AT = [0, 1].map((partition) => ({ topic: 'orders', partition }));

const ids = async (world: World): Promise<unknown[]> => (await world.written()).map(({ id }) => id);

const started = async (world: World): Promise<Sink<Row>> => {
  const sink = world.sink();
  await sink.open?.();
  await sink.begin?.(undefined);
  await sink.resume?.(AT);
  return sink;
};

/** As long as this lasts no save goes well. */
const fullDisk = async (world: World) => {
  await mkdir(`${world.path}.tmp`);
  return () => rmdir(`${world.path}.tmp`);
};

describe('a snapshot counts once', () => {
  let world: World;

  beforeEach(async () => {
    world = await newWorld();
  });
  afterEach(() => world.remove());

  it('when the worker is killed between write and commit, and the batch comes again', async () => {
    const sink = await started(world);
    await sink.write(results(0, 0, 5));
    await world.kill();
    const next = world.sink();
    await next.open?.();
    expect(await next.begin?.(undefined)).toBeUndefined();
    expect(await next.resume?.(AT)).toEqual(new Map([[partitionKey({ topic: 'orders', partition: 0 }), 5n]]));
    await next.write(results(0, 0, 8));
    expect(await ids(world)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('when the same worker gets the batch again, as after a failed commit', async () => {
    const sink = await started(world);
    await sink.write([...results(0, 0, 3), ...results(1, 0, 2)]);
    await sink.resume?.(AT);
    await sink.write([...results(0, 1, 4), ...results(1, 0, 3)]);
    expect(await ids(world)).toEqual([0, 1, 2, 0, 1, 3, 2]);
  });

  it('when a save fails: nothing of the batch counts, and it is counted when it comes again', async () => {
    const sink = await started(world);
    await sink.write(results(0, 0, 3));
    const heal = await fullDisk(world);
    for (let times = 0; times < 2; times++) {
      const error = await failureOf(() => sink.write(results(0, 3, 6)));
      expect(error).toMatchObject({ code: 'SNAPSHOT_WRITE_FAILED', kind: 'transient' });
      expect(error.message).toContain(world.path);
      expect(await ids(world)).toEqual([0, 1, 2]);
    }
    expect(await sink.resume?.(AT)).toEqual(new Map([['orders/0', 3n]]));
    await heal();
    await sink.write(results(0, 3, 6));
    expect(await ids(world)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('when the very first save fails', async () => {
    const sink = world.sink();
    await sink.open?.();
    expect(await sink.begin?.(undefined)).toBe('beginning');
    const heal = await fullDisk(world);
    expect(await failureOf(async () => sink.resume?.(AT))).toMatchObject({ kind: 'transient' });
    expect(await sink.begin?.(undefined)).toBe('beginning');
    await heal();
    await sink.resume?.(AT);
    await sink.write(results(0, 0, 2));
    expect(await ids(world)).toEqual([0, 1]);
  });

  it('every result of a record that gives several, and none of them again', async () => {
    const sink = await started(world);
    const several = [result(0, 0, { id: 1 }), result(0, 0, { id: 2 }), result(0, 1, { id: 3 }), result(0, 1, { id: 4 })];
    await sink.write(several);
    await sink.write([...several, result(0, 2, { id: 5 }), result(0, 2, { id: 6 })]);
    expect(await ids(world)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('the same offsets in several partitions and topics', async () => {
    const sink = await started(world);
    const elsewhere = ({ meta, ...rest }: Result<Row>): Result<Row> => ({ ...rest, meta: { ...meta, topic: 'orders/0' } });
    await sink.write([...results(0, 0, 2), ...results(1, 0, 2), ...results(0, 0, 2).map(elsewhere)]);
    await sink.write(results(1, 0, 3));
    expect(await ids(world)).toEqual([0, 1, 0, 1, 0, 1, 2]);
    await sink.close?.();
    expect(await (await started(world)).resume?.([{ topic: 'orders/0', partition: 0 }])).toEqual(new Map([['orders/0/0', 2n]]));
  });

  it('without keeping more than one place a partition', async () => {
    const sink = await started(world);
    for (let from = 0; from < 100; from += 10) await sink.write([...results(0, from, from + 10), ...results(1, from, from + 10)]);
    const { _rowbridge } = JSON.parse(await world.text());
    expect(_rowbridge).toEqual({
      counted: {
        'orders/0': { offset: '99', timestamp: 1_700_000_000_099 },
        'orders/1': { offset: '99', timestamp: 1_700_000_000_099 },
      },
    });
    expect(await world.files()).toEqual(['seen.json', 'worker.lock']);
  });
});

/** One thing that happens to a worker. */
type Step = Readonly<
  | {
      what: 'handle';
      partition: 0 | 1;
      count: number;
      fate: 'commit' | 'killed before write' | 'killed after write' | 'full disk';
    }
  | { what: 'rebalance' | 'kill' | 'stop' | 'file removed' | 'folder removed' | 'begin anew' }
>;

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('handle' as const),
      partition: fc.constantFrom(0 as const, 1 as const),
      count: fc.integer({ min: 1, max: 6 }),
      fate: fc.constantFrom(
        'commit' as const,
        'commit' as const,
        'killed before write' as const,
        'killed after write' as const,
        'full disk' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom('rebalance', 'kill', 'stop', 'file removed', 'folder removed', 'begin anew'),
    }) as fc.Arbitrary<Step>,
  },
);

/** A worker with two partitions of 20 records, each of which gives one result, or two, or none. */
const simulated = (world: World) => {
  const records = [0, 1].map((partition) =>
    Array.from({ length: 20 }, (_, offset) =>
      Array.from({ length: [1, 2, 0][offset % 3] ?? 0 }, (_, nth) =>
        result(partition, offset, { id: 1000 * partition + 10 * offset + nth }),
      ),
    ),
  );
  const committed = [0, 0];
  let wanted: ReadonlyMap<string, bigint> = new Map();
  let sink = world.sink();

  const join = async (asked?: Beginning): Promise<void> => {
    if ((await sink.begin?.(asked)) === 'beginning') committed.fill(0);
    wanted = (await sink.resume?.(AT)) ?? new Map();
  };
  const start = async (): Promise<void> => {
    sink = world.sink();
    await sink.open?.();
    await join();
  };
  const killed = async (): Promise<void> => {
    await world.kill();
    await start();
  };
  /** Leaves the group on a failure that waiting may cure, and joins it again: at once, and when the cause is gone. */
  const orJoin = async (doing: () => Promise<void>, heal = async () => {}): Promise<boolean> => {
    try {
      await doing();
      return true;
    } catch (error) {
      if (!isTransient(error)) throw error;
      await join().catch((again: unknown) => {
        if (!isTransient(again)) throw again;
      });
      await heal();
      await join();
      return false;
    }
  };
  const handle = async (partition: number, count: number, fate: string): Promise<void> => {
    const from = Math.max(committed[partition] ?? 0, Number(wanted.get(`orders/${partition}`) ?? 0n));
    const batch = records[partition]?.slice(from, from + count) ?? [];
    if (fate === 'killed before write') return killed();
    const full =
      fate === 'full disk' && batch.flat().length > 0 && (await stat(world.folder).catch(() => undefined)) !== undefined;
    const heal = full ? await fullDisk(world) : undefined;
    const write = async (): Promise<void> => {
      if (batch.flat().length > 0) await sink.write(batch.flat());
    };
    if (!(await orJoin(write, heal))) return;
    if (fate === 'killed after write') return killed();
    committed[partition] = from + batch.length;
  };
  return {
    start,
    async take(step: Step): Promise<void> {
      if (step.what === 'handle') return handle(step.partition, step.count, step.fate);
      if (step.what === 'kill') return killed();
      if (step.what === 'begin anew') return join('beginning');
      if (step.what === 'stop') {
        await sink.close?.();
        return start();
      }
      if (step.what === 'file removed') await rm(world.path, { force: true });
      if (step.what === 'folder removed') await rm(world.folder, { recursive: true, force: true });
      if (step.what === 'rebalance')
        await orJoin(async () => {
          wanted = (await sink.resume?.(AT)) ?? new Map();
        });
    },
    async drain(): Promise<void> {
      for (let round = 0; round < 4; round++) for (const partition of [0, 1]) await handle(partition, 20, 'commit');
    },
    all: records.flat(2).map(({ value }) => value?.id),
  };
};

describe('any sequence of writes, kills, failures, removals and rebalances', () => {
  it('gives the numbers of counting once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 25 }), async (sequence) => {
        const world = await newWorld();
        try {
          const worker = simulated(world);
          await worker.start();
          for (const step of sequence) await worker.take(step);
          await worker.drain();
          const counted = await ids(world);
          expect([...counted].sort()).toEqual([...worker.all].sort());
          expect(JSON.parse(await world.text()).sum).toBe(worker.all.reduce((sum: number, id) => sum + Number(id), 0));
        } finally {
          await world.remove();
        }
      }),
      { numRuns: 150 },
    );
  });
});
