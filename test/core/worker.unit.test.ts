import type { Codec } from '../../src/core/codec.js';
import { BridgeError } from '../../src/core/errors.js';
import type { Result, Sink } from '../../src/core/sink.js';
import { runWorker, type WorkerRun } from '../../src/core/worker.js';
import { memoryBroker } from '../support/memory-broker.js';
import { type Item, items, jsonCodec } from '../support/memory-feed.js';
import { memoryGroup } from '../support/memory-subscribe.js';
import { silentLog } from '../support/silent-log.js';

const PARTITIONS = 3;

const filled = async (values: readonly (Item | Buffer | null)[]) => {
  const broker = memoryBroker(PARTITIONS);
  for (const [index, value] of values.entries()) {
    const bytes = value === null || Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
    await broker.publish('items', [
      { partition: index % PARTITIONS, records: [{ key: Buffer.from(String(index)), value: bytes }] },
    ]);
  }
  return broker;
};

const rows = (count: number): Item[] => Array.from({ length: count }, (_, index) => ({ id: index, at: String(index) }));

const memorySink = (changes: Partial<Sink<Item>> = {}) => {
  const written: Result<Item>[] = [];
  const sink: Sink<Item> = { write: async (results) => void written.push(...results), ...changes };
  return { written, sink };
};

const strictCodec: Codec = {
  open: async (topic) => {
    const { encode, decode } = await jsonCodec.open(topic);
    return {
      encode,
      decode: (bytes) => {
        try {
          return decode(bytes);
        } catch (cause) {
          throw new BridgeError({ code: 'DECODE_FAILED', kind: 'record', found: 'Not JSON.', fix: '', cause });
        }
      },
    };
  },
};

const run = async (broker: Awaited<ReturnType<typeof filled>>, changes: Partial<WorkerRun<Item, Item>> = {}) => {
  const group = memoryGroup(broker, 'items', PARTITIONS);
  await runWorker<Item, Item>({
    group: 'g',
    instance: 'one',
    topics: [items],
    transform: (value) => [value],
    sink: memorySink().sink,
    codec: strictCodec,
    subscribe: group.subscribe,
    publish: broker.publish,
    rewind: async () => {},
    log: silentLog,
    signal: new AbortController().signal,
    ...changes,
  });
  return group;
};

describe('a worker', () => {
  it('writes every record and commits behind it', async () => {
    const broker = await filled(rows(10));
    const { written, sink } = memorySink();
    const { committed } = await run(broker, { sink });
    expect(written.map(({ value }) => value?.id).sort((a = 0, b = 0) => a - b)).toEqual(rows(10).map(({ id }) => id));
    expect([...committed.values()]).toEqual([4n, 3n, 3n]);
  });

  it('commits only what is written', async () => {
    const broker = await filled(rows(10));
    const { sink } = memorySink({
      write: async () => Promise.reject(new BridgeError({ code: 'X', kind: 'integrity', found: '', fix: '' })),
    });
    const group = memoryGroup(broker, 'items', PARTITIONS);
    await expect(run(broker, { sink, subscribe: group.subscribe })).rejects.toMatchObject({ code: 'X' });
    expect(group.committed.size).toBe(0);
  });

  it('hands a tombstone on with its key', async () => {
    const { written, sink } = memorySink();
    await run(await filled([null]), { sink });
    expect(written).toMatchObject([{ value: null, key: '0' }]);
  });

  it('sends what cannot be decoded or transformed to the dead letters, with its bytes and origin, and goes on', async () => {
    const broker = await filled([Buffer.from('poison'), ...rows(4)]);
    const { written, sink } = memorySink();
    const transform = (value: Item) => {
      if (value.id === 2) throw new Error('cannot stand 2');
      return [value];
    };
    const { committed } = await run(broker, { sink, transform });
    const dead = broker.all('items.dead-letter');
    expect(dead.map(({ value }) => String(value)).sort()).toEqual([JSON.stringify(rows(4)[2]), 'poison'].sort());
    expect(dead.every(({ partition }) => partition === 0)).toBe(true);
    expect(written).toHaveLength(3);
    expect([...committed.values()].reduce((a, b) => a + b)).toBe(5n);
  });

  it('goes on from where the sink says', async () => {
    const { written, sink } = memorySink({
      resume: async () =>
        new Map([
          ['items/0', 3n],
          ['items/1', 1n],
        ]),
    });
    await run(await filled(rows(9)), { sink });
    expect(written.map(({ meta }) => `${meta.partition}/${meta.offset}`)).toEqual(['1/1', '1/2', '2/0', '2/1', '2/2']);
  });

  it('asks the sink again after a failed write, and writes only what it still wants', async () => {
    let failures = 0;
    let logged = 0n;
    const written: bigint[] = [];
    const sink: Sink<Item> = {
      resume: async () => new Map([['items/0', logged]]),
      write: async (results) => {
        if (failures++ === 0) {
          logged = 2n;
          throw new BridgeError({ code: 'LOG_FENCED', kind: 'transient', found: '', fix: '' });
        }
        written.push(...results.map(({ meta }) => meta.offset));
      },
    };
    const broker = memoryBroker(PARTITIONS);
    await broker.publish('items', [
      { partition: 0, records: rows(4).map((row) => ({ key: null, value: Buffer.from(JSON.stringify(row)) })) },
    ]);
    await run(broker, { sink });
    expect(written).toEqual([2n, 3n]);
  });

  describe('whose sink can never write one of the results', () => {
    const unwritable = () => new BridgeError({ code: 'X', kind: 'record', found: 'Not that.', fix: '' });
    /** A sink that writes all results or none. */
    const strict = (isBad: (value: Item | null) => boolean, changes: Partial<Sink<Item>> = {}) => {
      const writes: number[] = [];
      const check: NonNullable<Sink<Item>['check']> = (results) => {
        if (results.some(({ value }) => isBad(value))) throw unwritable();
      };
      const { written, sink } = memorySink();
      const write: Sink<Item>['write'] = async (results) => {
        writes.push(results.length);
        if (results.some(({ value }) => isBad(value))) throw unwritable();
        await sink.write(results);
      };
      return { written, writes, sink: { write, check: jest.fn(check), ...changes } };
    };
    const ids = (written: readonly Result<Item>[]) => written.map(({ value }) => value?.id).sort((a = 0, b = 0) => a - b);

    it('sends its record to the dead letters, and writes the others once', async () => {
      const broker = await filled([...rows(9), Buffer.from('poison')]);
      const { written, writes, sink } = strict((value) => value?.id === 3 || value?.id === 4);
      const { committed } = await run(broker, { sink });
      expect(ids(written)).toEqual([0, 1, 2, 5, 6, 7, 8]);
      const dead = broker.all('items.dead-letter');
      // What could not be decoded is not written again with the second look.
      expect(dead.map(({ value }) => String(value)).sort()).toEqual([
        'poison',
        ...[3, 4].map((id) => JSON.stringify(rows(9)[id])),
      ]);
      expect(writes).toEqual([3, 2, 3, 2, 3]);
      expect([...committed.values()].reduce((a, b) => a + b)).toBe(10n);
    });

    it('tries no result by itself as long as all can be written', async () => {
      const { written, sink } = strict(() => false);
      await run(await filled(rows(9)), { sink });
      expect(written).toHaveLength(9);
      expect(sink.check).not.toHaveBeenCalled();
    });

    it('reads on for the results that it still wants', async () => {
      const { written, sink } = strict((value) => value?.id === 3);
      const { committed } = await run(await filled(rows(12)), { sink, max: 3 });
      expect(ids(written)).toEqual([0, 6, 9]);
      expect(committed).toEqual(new Map([[0, 4n]]));
    });

    it('commits nothing and fails where nobody can tell which it is', async () => {
      for (const changes of [{ check: () => {} }, { check: undefined }] as Partial<Sink<Item>>[]) {
        const { written, writes, sink } = strict((value) => value?.id === 3, changes);
        const broker = await filled(rows(9));
        const group = memoryGroup(broker, 'items', PARTITIONS);
        await expect(run(broker, { sink, subscribe: group.subscribe })).rejects.toMatchObject({ code: 'X', kind: 'record' });
        expect(writes.length).toBeLessThanOrEqual(2);
        expect([written.length, group.committed.size, broker.all('items.dead-letter').length]).toEqual([0, 0, 0]);
      }
    });

    it('asks the sink first what it wants by now', async () => {
      const resume = jest.fn(async () => new Map([['items/0', 1n]]));
      const { written, sink } = strict((value) => value?.id === 3, { resume });
      await run(await filled(rows(9)), { sink });
      expect(resume).toHaveBeenCalledTimes(2);
      expect(ids(written)).toEqual([1, 2, 4, 5, 6, 7, 8]);
    });
  });

  it('writes and commits nothing of a partition that was taken away', async () => {
    const broker = await filled(rows(9));
    const { written, sink } = memorySink();
    const group = memoryGroup(broker, 'items', PARTITIONS);
    await run(broker, { sink, subscribe: group.subscribe, onMarker: (marker) => marker === 'after-commit' && group.takeAway() });
    expect(written).toHaveLength(3);
    expect(group.committed.size).toBe(1);
  });

  it('waits for a registry that is away, and sends nothing to the dead letters because of it', async () => {
    let away = 2;
    const codec: Codec = {
      open: async (topic) => {
        const opened = await strictCodec.open(topic);
        return {
          ...opened,
          decode: (bytes) => {
            if (away-- > 0) throw new BridgeError({ code: 'REGISTRY_UNAVAILABLE', kind: 'transient', found: '', fix: '' });
            return opened.decode(bytes) as never;
          },
        };
      },
    };
    const broker = await filled(rows(1));
    const { written, sink } = memorySink();
    await run(broker, { sink, codec });
    expect(written).toHaveLength(1);
    expect(broker.all('items.dead-letter')).toEqual([]);
  });
});
