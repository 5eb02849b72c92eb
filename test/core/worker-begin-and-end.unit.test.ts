import type { Beginning } from '../../src/core/broker.js';
import type { Codec } from '../../src/core/codec.js';
import { BridgeError } from '../../src/core/errors.js';
import type { Result, Sink } from '../../src/core/sink.js';
import { runWorker, type WorkerRun } from '../../src/core/worker.js';
import { failureOf } from '../contracts/failure.js';
import { type MemoryBroker, memoryBroker } from '../support/memory-broker.js';
import { type Item, items, jsonCodec } from '../support/memory-feed.js';
import { memoryGroup } from '../support/memory-subscribe.js';
import { rememberingLog, silentLog } from '../support/silent-log.js';

const PARTITIONS = 3;

const away = (code = 'REGISTRY_UNAVAILABLE'): BridgeError => new BridgeError({ code, kind: 'transient', found: '', fix: '' });

/** A topic with so many records in each partition. */
const filled = async (perPartition: number): Promise<MemoryBroker> => {
  const broker = memoryBroker(PARTITIONS);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const values = Array.from({ length: perPartition }, (_, index) => ({ id: partition * perPartition + index, at: '' }));
    const records = values.map((value) => ({ key: null, value: Buffer.from(JSON.stringify(value)) }));
    await broker.publish('items', [{ partition, records }]);
  }
  return broker;
};

const runOf = (broker: MemoryBroker, changes: Partial<WorkerRun<Item, Item>>): WorkerRun<Item, Item> => ({
  group: 'g',
  instance: 'one',
  topics: [items],
  transform: (value) => [value],
  sink: { write: async () => {} },
  codec: jsonCodec,
  subscribe: memoryGroup(broker, 'items', PARTITIONS).subscribe,
  publish: broker.publish,
  rewind: async () => {},
  log: silentLog,
  signal: new AbortController().signal,
  ...changes,
});

describe('where a worker begins', () => {
  /** What happens, in its order. */
  const told = async (begin: Sink<Item>['begin'], from?: Beginning) => {
    const broker = await filled(1);
    const done: string[] = [];
    const { subscribe } = memoryGroup(broker, 'items', PARTITIONS);
    const codec: Codec = {
      open: (topic) => {
        done.push('open the codec');
        return jsonCodec.open(topic);
      },
    };
    await runWorker(
      runOf(broker, {
        codec,
        ...(from === undefined ? {} : { from }),
        async rewind(to) {
          done.push(`rewind to ${to}`);
        },
        subscribe: (subscription) => {
          done.push('join');
          return subscribe(subscription);
        },
        sink: {
          ...(begin === undefined
            ? {}
            : {
                begin: (asked) => {
                  done.push(`begin (${asked})`);
                  return begin(asked);
                },
              }),
          async resume() {
            done.push('resume');
            return new Map();
          },
          async write() {
            if (done.at(-1) !== 'write') done.push('write');
          },
        },
      }),
    );
    return done;
  };

  const USUAL = ['open the codec', 'join', 'resume', 'write'];

  it('is where the group stopped, unless somebody says something', async () => {
    expect(await told(undefined)).toEqual(USUAL);
    expect(await told(async () => undefined)).toEqual(['begin (undefined)', ...USUAL]);
  });

  it.each<Beginning>(['beginning', 'latest'])('is where a person asks, before the group is joined: %s', async (from) => {
    expect(await told(undefined, from)).toEqual([`rewind to ${from}`, ...USUAL]);
    expect(await told(async (asked) => asked, from)).toEqual([`begin (${from})`, `rewind to ${from}`, ...USUAL]);
  });

  it('is where the sink says, whether or not a person asks', async () => {
    expect(await told(async () => 'beginning')).toEqual(['begin (undefined)', 'rewind to beginning', ...USUAL]);
    expect(await told(async () => 'beginning', 'latest')).toEqual(['begin (latest)', 'rewind to beginning', ...USUAL]);
    expect(await told(async () => undefined, 'latest')).toEqual(['begin (latest)', ...USUAL]);
  });

  it.each(['begin', 'rewind'])('is decided before anything is read: a failure of %s ends the run', async (what) => {
    const fails = () => Promise.reject(away('KAFKA_UNAVAILABLE'));
    const subscribe = jest.fn(async () => {});
    const run = runOf(await filled(1), {
      from: 'beginning',
      subscribe,
      ...(what === 'rewind' ? { rewind: fails } : { sink: { begin: fails, write: async () => {} } }),
    });
    expect(await failureOf(() => runWorker(run))).toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    expect(subscribe).not.toHaveBeenCalled();
  });

  it('may change when a write fails: the group is left, and the sink asked again before it is joined', async () => {
    const broker = await filled(4);
    const group = memoryGroup(broker, 'items', PARTITIONS);
    let failures = 1;
    const asked: unknown[] = [];
    const written: Result<Item>[] = [];
    const sink: Sink<Item> = {
      begin: async (from) => {
        asked.push(from);
        return undefined;
      },
      write: async (results) => {
        if (failures-- > 0) throw away('SNAPSHOT_WRITE_FAILED');
        written.push(...results);
      },
    };
    const run = runOf(broker, { sink, subscribe: group.subscribe });
    expect(await failureOf(() => runWorker(run))).toMatchObject({ code: 'SNAPSHOT_WRITE_FAILED', kind: 'transient' });
    expect(group.committed.size).toBe(0);
    await runWorker(run);
    expect(asked).toEqual([undefined, undefined]);
    expect(written).toHaveLength(12);
  });
});

describe('a worker that ends after so many results', () => {
  const limited = async (max: number, perPartition: number, changes: Partial<WorkerRun<Item, Item>> = {}) => {
    const broker = await filled(perPartition);
    const group = memoryGroup(broker, 'items', PARTITIONS);
    const written: Result<Item>[] = [];
    const writes: number[] = [];
    const handled: [next: bigint, records: number, results: number][] = [];
    let ended = false;
    const sink: Sink<Item> = {
      write: async (results) => {
        written.push(...results);
        writes.push(results.length);
      },
    };
    await runWorker(
      runOf(broker, {
        sink,
        max,
        onHandled: (_at, next, _end, records, results) => void handled.push([next, records, results]),
        async subscribe(subscription) {
          await group.subscribe(subscription);
          ended = subscription.signal.aborted;
        },
        ...changes,
      }),
    );
    return { written, writes, handled, ended, committed: group.committed };
  };
  const committedIn = (committed: ReadonlyMap<number, bigint>): number =>
    [...committed.values()].reduce((sum, at) => sum + Number(at), 0);

  it.each([1, 2, 4, 5, 6, 9, 11, 12])('writes %d, over several partitions, and commits right behind the last', async (max) => {
    const { written, committed, ended } = await limited(max, 4);
    expect(written.map(({ value }) => value?.id)).toEqual(Array.from({ length: max }, (_, index) => index));
    expect(committedIn(committed)).toBe(max);
    expect(ended).toBe(true);
  });

  it.each([1_999, 2_000, 2_001, 4_000, 4_500, 9_001])('writes %d over several slices of a batch', async (max) => {
    const { written, committed } = await limited(max, 4_500);
    expect(written).toHaveLength(max);
    expect(committedIn(committed)).toBe(max);
  });

  it('goes on where there are fewer', async () => {
    const { written, ended } = await limited(13, 4);
    expect(written).toHaveLength(12);
    expect(ended).toBe(false);
  });

  it('counts results, not records, and reads no further than the last', async () => {
    const { written, committed, writes, handled } = await limited(10, 5_000, {
      transform: (value) => (value.id % 100 === 50 ? [value] : []),
    });
    expect(written.map(({ meta }) => Number(meta.offset))).toEqual(Array.from({ length: 10 }, (_, index) => 100 * index + 50));
    expect(committed).toEqual(new Map([[0, 951n]]));
    // Few results are no reason for many commits.
    expect(writes).toEqual([10]);
    expect(handled).toEqual([[951n, 951, 10]]);
  });

  it('keeps the results of one record together', async () => {
    const { written, committed } = await limited(5, 4, { transform: (value) => [value, value] });
    expect(written.map(({ meta }) => Number(meta.offset))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(committed).toEqual(new Map([[0, 3n]]));
  });

  it('does not count what went to the dead letters', async () => {
    const { written, committed } = await limited(3, 6, {
      transform: (value) => {
        if (value.id % 2 === 0) throw new Error('even');
        return [value];
      },
    });
    expect(written.map(({ value }) => value?.id)).toEqual([1, 3, 5]);
    expect(committed).toEqual(new Map([[0, 6n]]));
  });

  it('reads nothing for none', async () => {
    const subscribe = jest.fn(async () => {});
    const { written } = await limited(0, 4, { subscribe });
    expect(written).toEqual([]);
    expect(subscribe).not.toHaveBeenCalled();
  });
});

describe('a worker after a failed write', () => {
  it('asks for its whole assignment, not only for the partition of the batch', async () => {
    const broker = await filled(2);
    const asked: string[][] = [];
    let failures = 1;
    const sink: Sink<Item> = {
      resume: async (assigned) => {
        asked.push(assigned.map(({ topic, partition }) => `${topic}/${partition}`));
        return new Map();
      },
      write: async () => {
        if (failures-- > 0) throw away('LOG_FENCED');
      },
    };
    await runWorker(runOf(broker, { sink }));
    expect(asked).toEqual(Array(2).fill(['items/0', 'items/1', 'items/2']));
  });

  it('says once per kind of failure that it waits, and when it goes on', async () => {
    const { log, lines } = rememberingLog();
    const ready: boolean[] = [];
    const troubles = ['LOG_WRITE_FAILED', 'LOG_WRITE_FAILED', 'LOG_FENCED'];
    const sink: Sink<Item> = {
      write: async () => {
        const trouble = troubles.shift();
        if (trouble !== undefined) throw away(trouble);
      },
    };
    await runWorker(runOf(await filled(1), { sink, log, onReady: (is) => void ready.push(is) }));
    const waits = lines.filter(({ message }) => message === 'the batch waits');
    expect(waits.map(({ facts }) => facts.code)).toEqual(['LOG_WRITE_FAILED', 'LOG_FENCED']);
    expect(ready).toEqual([false, false, false, true]);
  });

  it('keeps its place in the group while it waits', async () => {
    const broker = await filled(1);
    const heartbeat = jest.fn(async () => {});
    let failures = 2;
    const sink: Sink<Item> = { write: async () => (failures-- > 0 ? Promise.reject(away('LOG_WRITE_FAILED')) : undefined) };
    const { subscribe } = memoryGroup(broker, 'items', PARTITIONS);
    await runWorker(
      runOf(broker, {
        sink,
        subscribe: (subscription) =>
          subscribe({
            ...subscription,
            onBatch: (batch) => subscription.onBatch({ ...batch, heartbeat }),
          }),
      }),
    );
    expect(heartbeat).toHaveBeenCalledTimes(2 + PARTITIONS);
  });

  it('stops waiting when it is told to stop, and commits nothing', async () => {
    const broker = await filled(1);
    const stop = new AbortController();
    const group = memoryGroup(broker, 'items', PARTITIONS);
    const sink: Sink<Item> = {
      write: () => {
        setTimeout(() => stop.abort(), 10);
        return Promise.reject(away('LOG_WRITE_FAILED'));
      },
    };
    await runWorker(runOf(broker, { sink, subscribe: group.subscribe, signal: stop.signal }));
    expect(group.committed.size).toBe(0);
  });
});
