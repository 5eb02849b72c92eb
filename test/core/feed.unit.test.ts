import fc from 'fast-check';
import { isTransient } from '../../src/core/errors.js';
import { type FeedMarker, type FeedRun, runFeed } from '../../src/core/feed.js';
import type { Origin } from '../../src/core/position-store.js';
import { type MemoryBroker, memoryBroker, type PublishFate } from '../support/memory-broker.js';
import { type Item, items, jsonCodec, type MemoryPositions, memoryPositions, memorySource } from '../support/memory-feed.js';
import { silentLog } from '../support/silent-log.js';

class Killed extends Error {}

type World = { rows: Item[]; broker: MemoryBroker; positions: MemoryPositions; origin: Origin; pageRows: number };

const world = (rows: Item[], fate?: () => PublishFate): World => ({
  rows,
  broker: memoryBroker(3, fate),
  positions: memoryPositions(),
  origin: { server: 'a', cluster: 'c' },
  pageRows: 4,
});

/** Runs the feed until it has caught up, or until a marker kills it. */
const run = async (
  on: World,
  onMarker?: (marker: FeedMarker) => void,
  extra: Partial<FeedRun<Item>> = {},
): Promise<'caught up' | 'killed' | 'broken'> => {
  const stop = new AbortController();
  try {
    await runFeed<Item>({
      name: 'items',
      source: memorySource(
        () => on.rows,
        on.pageRows,
        () => stop.abort(),
      ),
      topic: items,
      codec: jsonCodec,
      publish: on.broker.publish,
      reader: on.broker.reader,
      positions: on.positions,
      origin: async () => on.origin,
      stillOurs: async () => true,
      log: silentLog,
      signal: stop.signal,
      settleMs: 1,
      ...(onMarker === undefined ? {} : { onMarker }),
      ...extra,
    });
    return 'caught up';
  } catch (error) {
    if (error instanceof Killed) return 'killed';
    if (isTransient(error)) return 'broken';
    throw error;
  }
};

const published = ({ broker }: World): Item[] => broker.all('items').map(({ value }) => JSON.parse(String(value)) as Item);
const identities = (found: readonly Item[]): string[] => found.map(({ id, at }) => `${id}@${at}`).sort();
const rowsOf = (count: number): Item[] =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, at: String(1000 + index) }));

describe('a feed', () => {
  it('publishes every row once, in order per key', async () => {
    const on = world(rowsOf(25));
    expect(await run(on)).toBe('caught up');
    expect(identities(published(on))).toEqual(identities(on.rows));
  });

  it('goes on where it stopped', async () => {
    const on = world(rowsOf(10));
    await run(on);
    on.rows.push({ id: 11, at: '2000' }, { id: 3, at: '2001' });
    await run(on);
    expect(identities(published(on))).toEqual(identities([...rowsOf(10), { id: 11, at: '2000' }, { id: 3, at: '2001' }]));
  });

  it('marks an orderly end, and takes the mark away before it publishes again', async () => {
    const on = world(rowsOf(3));
    await run(on);
    expect(on.positions.state()?.clean).toBe(true);
    on.rows.push({ id: 4, at: '2000' });
    await run(on, (marker) => {
      if (marker === 'before-publish') expect(on.positions.state()?.clean).toBe(false);
    });
  });

  it.each<FeedMarker>(['before-publish', 'after-ack', 'after-save'])('killed %s, neither loses nor repeats', async (fatal) => {
    for (let nth = 1; nth <= 4; nth++) {
      const on = world(rowsOf(14));
      let met = 0;
      const kill = (marker: FeedMarker) => {
        if (marker === fatal && ++met === nth) throw new Killed();
      };
      expect(await run(on, kill)).toBe('killed');
      expect(await run(on)).toBe('caught up');
      expect(identities(published(on))).toEqual(identities(on.rows));
    }
  });

  it('neither loses nor repeats under any sequence of kills, broken publishes, changed rows and page sizes', async () => {
    const step = fc.record({
      kill: fc.option(
        fc.record({
          marker: fc.constantFrom<FeedMarker>('before-publish', 'after-ack', 'after-save'),
          nth: fc.integer({ min: 1, max: 4 }),
        }),
      ),
      breakAfter: fc.option(fc.integer({ min: 0, max: 6 })),
      pageRows: fc.integer({ min: 1, max: 8 }),
      change: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        let breakAfter: number | null = null;
        const on = world(rowsOf(12), () => {
          if (breakAfter === null) return { kind: 'ack' };
          const after = breakAfter;
          breakAfter = null;
          return { kind: 'break', after };
        });
        // What the table held whenever the feed had caught up, or its last version at the end: no more, no less.
        let clock = 2000;
        const versions = new Set(identities(on.rows));
        for (const { kill, pageRows, change, breakAfter: cut } of steps) {
          on.pageRows = pageRows;
          breakAfter = cut;
          let met = 0;
          await run(on, (marker) => {
            if (kill !== null && marker === kill.marker && ++met === kill.nth) throw new Killed();
          });
          for (const id of change) {
            on.rows = on.rows.filter((row) => row.id !== id);
            on.rows.push({ id, at: String(clock++) });
            versions.add(`${id}@${clock - 1}`);
          }
        }
        breakAfter = null;
        expect(await run(on)).toBe('caught up');
        const found = identities(published(on));
        expect(new Set(found).size).toBe(found.length);
        expect(found.filter((one) => !versions.has(one))).toEqual([]);
        expect(identities(on.rows).filter((one) => !found.includes(one))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('replays from an edit, suppressing nothing, and remembers where the replay began', async () => {
    const on = world(rowsOf(6));
    await run(on);
    on.positions.edit({ at: '1003' });
    await run(on);
    expect(identities(published(on))).toEqual(identities([...rowsOf(6), ...rowsOf(6).slice(3)]));
    const [first, second] = on.positions.state()?.replays ?? [];
    expect([...(first?.endOffsets.values() ?? [])].reduce((a, b) => a + b)).toBe(0n);
    expect([...(second?.endOffsets.values() ?? [])].reduce((a, b) => a + b)).toBe(6n);
  });

  it('takes up an edit made while it runs', async () => {
    const on = world(rowsOf(6));
    let edits = 0;
    await run(on, (marker) => {
      if (marker === 'after-ack' && edits++ === 0) on.positions.edit(null);
    });
    expect(identities(published(on)).filter((one) => one === '1@1000')).toHaveLength(2);
  });

  it('starts from the beginning when database and topic are both new', async () => {
    const on = world(rowsOf(6));
    await run(on);
    on.broker.recreate('items');
    on.origin = { server: 'b', cluster: 'c' };
    expect(await run(on)).toBe('caught up');
    expect(identities(published(on))).toEqual(identities(on.rows));
  });

  it('stops when only the topic is new', async () => {
    const on = world(rowsOf(6));
    await run(on);
    on.broker.recreate('items');
    await expect(run(on)).rejects.toMatchObject({ code: 'TOPIC_REPLACED', kind: 'integrity' });
  });

  it('stops when only the database is new', async () => {
    const on = world(rowsOf(6));
    await run(on);
    on.origin = { server: 'b', cluster: 'c' };
    await expect(run(on)).rejects.toMatchObject({ code: 'DATABASE_REPLACED', kind: 'integrity' });
  });

  it('publishes nothing once its lock is lost', async () => {
    const on = world(rowsOf(6));
    expect(await run(on, undefined, { stillOurs: async () => false })).toBe('broken');
    expect(published(on)).toEqual([]);
  });
});

describe('a source that is no longer sure of what it has given', () => {
  it('is told what was in doubt when it is read again, for as long as it has not been sure since', async () => {
    const on = world(rowsOf(6));
    const source = memorySource(
      () => on.rows,
      4,
      () => {},
    );
    const told: unknown[] = [];
    /** Doubts nothing while there are values; then this, one heartbeat after the other, until it is stopped or killed. */
    const doubts = async (end: 'stopped' | 'killed', ...times: readonly (string | undefined)[]) => {
      const left = [...times];
      const stop = new AbortController();
      const doubting: typeof source = {
        ...source,
        async *read(from) {
          told.push(from.last?.doubtFrom);
          for await (const batch of source.read(from)) {
            if (batch.values.length > 0) yield batch;
            else {
              const at = left.shift();
              yield { ...batch, ...(at === undefined ? {} : { doubtFrom: { at } }) };
              if (left.length > 0) continue;
              if (end === 'killed') throw new Killed();
              return stop.abort();
            }
          }
        },
      };
      expect(await run(on, undefined, { source: doubting, signal: stop.signal })).toBe(end === 'killed' ? 'killed' : 'caught up');
    };
    await doubts('killed', undefined, '1004');
    await doubts('killed', '1004', '1003', '1003');
    await doubts('stopped', '1003', undefined);
    await doubts('stopped', undefined);
    expect(told).toEqual([undefined, { at: '1004' }, { at: '1003' }, undefined]);
  });

  it('is believed also while it gives nothing: a restart begins where it says', async () => {
    const on = world(rowsOf(6));
    const source = memorySource(
      () => on.rows,
      4,
      () => {},
    );
    const stop = new AbortController();
    const unsure: typeof source = {
      ...source,
      async *read(from) {
        for await (const batch of source.read(from)) {
          if (batch.values.length > 0) yield batch;
          else {
            yield { ...batch, settled: { at: '1002' } };
            return stop.abort();
          }
        }
      },
    };
    await run(on, undefined, { source: unsure, signal: stop.signal });
    expect(on.positions.state()).toMatchObject({ position: { at: '1005' }, settled: { at: '1002' } });
    // A row that was missed turns up, and none travels twice.
    on.rows.push({ id: 9, at: '1003' });
    expect(await run(on)).toBe('caught up');
    expect(identities(published(on))).toEqual(identities(on.rows));
  });
});

describe('a wish for a beginning', () => {
  it('that the source refuses leaves the state as it was', async () => {
    const on = world(rowsOf(9));
    expect(await run(on)).toBe('caught up');
    const before = on.positions.state();
    on.positions.edit({ at: '9999' });
    const source = {
      ...memorySource(
        () => on.rows,
        on.pageRows,
        () => {},
      ),
      checkBeginning: async () => {
        throw new Killed('too far ahead');
      },
      // biome-ignore lint/correctness/useYield: it must not come to this
      async *read(): AsyncGenerator<never> {
        throw new Killed('read all the same');
      },
    };
    expect(await run(on, undefined, { source })).toBe('killed');
    expect(on.positions.state()).toBe(before);
  });
});
