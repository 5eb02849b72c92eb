import fc from 'fast-check';
import type { Query } from '../../../src/adapters/mysql/query.js';
import type { Frontier, Reach } from '../../../src/captures/polling/frontier.js';
import type { Keyset } from '../../../src/captures/polling/keyset.js';
import { poll } from '../../../src/captures/polling/poll.js';
import { positionsOf } from '../../../src/captures/polling/positions.js';
import { type FeedMarker, runFeed } from '../../../src/core/feed.js';
import type { Row } from '../../../src/core/pipeline.js';
import type { Source } from '../../../src/core/source.js';
import { timestampOf } from '../../../src/core/timestamp.js';
import { askedPage } from '../../support/asked-page.js';
import { memoryBroker } from '../../support/memory-broker.js';
import { memoryPositions, memoryTableFeed } from '../../support/memory-feed.js';

class Killed extends Error {}

const OVERLAP_MS = 5_000;
const keyset: Keyset = { table: 't', columns: ['id', 'at'], cursor: 'at', key: 'id', integerKey: true };
const { positionOf, compare } = positionsOf('at', 'id');
const at = (ms: number): string => timestampOf(BigInt(ms) * 1000n);

/** A table whose rows become visible some time after their stamp, on a server with this clock, in milliseconds. */
const lateTable = () => {
  const rows: { id: number; at: string; visibleAt: number }[] = [];
  const clock = { now: 100_000 };
  const query = (async (sql: string) => {
    const { after, below, limit } = askedPage(sql);
    const isAfter = (row: Row): boolean => after === null || compare(positionOf(row), after) > 0;
    return rows
      .filter((row) => row.visibleAt <= clock.now && isAfter(row) && row.at < below)
      .sort((a, b) => compare(positionOf(a), positionOf(b)))
      .slice(0, limit)
      .map(({ id, at: stamp }) => ({ id, at: stamp }));
  }) as Query;
  return { rows, clock, query };
};

const world = () => {
  const table = lateTable();
  const broker = memoryBroker(3);
  const positions = memoryPositions();
  /** Polls until the clock has come to a time; a marker may kill it. */
  const run = async (untilMs: number, onMarker?: (marker: FeedMarker) => void, pageRows = 3): Promise<void> => {
    const stop = new AbortController();
    const frontier: Frontier = {
      guarantee: () => ({ level: 'delayed', reason: 'for the test' }),
      async reach(): Promise<Reach> {
        if (table.clock.now >= untilMs) stop.abort();
        table.clock.now += 500;
        const now = at(table.clock.now);
        return { below: now, now, rewindTo: null, overlap: true, doubtFrom: null };
      },
    };
    const source: Source<Row> = {
      name: 't',
      positionOf,
      compare,
      read: ({ after, signal }) =>
        poll({
          query: table.query,
          keyset,
          frontier,
          positionOf,
          compare,
          digits: 6,
          after,
          everyMs: 0,
          pageRows,
          keysOrdered: true,
          overlapMs: OVERLAP_MS,
          signal,
        }),
    };
    try {
      await runFeed({
        ...memoryTableFeed({ source, broker, partitions: 3, positions, signal: stop.signal }),
        ...(onMarker === undefined ? {} : { onMarker }),
      });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  };
  const published = (): string[] => {
    const found = broker.all('t').map(({ value }) => JSON.parse(String(value)) as { id: number; at: string });
    return found.map(({ id, at: stamp }) => `${id}@${stamp}`).sort();
  };
  const inTable = (): string[] => table.rows.map(({ id, at: stamp }) => `${id}@${stamp}`).sort();
  return { ...table, positions, run, published, inTable };
};

describe('a delayed capture', () => {
  it('reads its overlap again, and hands on what has turned up there, once', async () => {
    const on = world();
    on.rows.push({ id: 1, at: at(100_000), visibleAt: 0 }, { id: 2, at: at(101_000), visibleAt: 104_000 });
    on.rows.push({ id: 3, at: at(103_000), visibleAt: 0 });
    await on.run(110_000);
    expect(on.published()).toEqual(on.inTable());
  });

  it('finds a row that became visible while it was stopped, and repeats nothing', async () => {
    const on = world();
    for (let id = 1; id <= 20; id++) on.rows.push({ id, at: at(100_000 + id * 200), visibleAt: 0 });
    on.rows.push({ id: 99, at: at(102_000), visibleAt: 106_000 });
    await on.run(105_000);
    expect(on.published()).not.toContain(`99@${at(102_000)}`);
    on.clock.now = 106_500;
    await on.run(108_000);
    await on.run(109_000);
    expect(on.published()).toEqual(on.inTable());
  });

  it('shows how far it has read, and keeps apart where a restart begins', async () => {
    const on = world();
    on.rows.push({ id: 1, at: at(100_000), visibleAt: 0 }, { id: 2, at: at(109_000), visibleAt: 0 });
    await on.run(112_000);
    expect(on.positions.state()).toMatchObject({
      position: { timestamp: at(109_000), key: '2' },
      settled: { timestamp: at(104_000) },
    });
  });

  it('neither loses nor repeats under any sequence of late rows, stops and kills', async () => {
    const row = fc.record({ stamp: fc.integer({ min: 0, max: 30_000 }), late: fc.integer({ min: 0, max: OVERLAP_MS - 1_500 }) });
    const step = fc.record({
      forMs: fc.integer({ min: 500, max: 6_000 }),
      pausedMs: fc.integer({ min: 0, max: 400 }),
      kill: fc.option(
        fc.record({
          marker: fc.constantFrom<FeedMarker>('before-publish', 'after-ack', 'after-save'),
          nth: fc.integer({ min: 1, max: 4 }),
        }),
      ),
      pageRows: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), fc.array(step, { maxLength: 8 }), async (rows, steps) => {
        const on = world();
        on.rows.push(...rows.map(({ stamp, late }, id) => ({ id, at: at(100_000 + stamp), visibleAt: 100_000 + stamp + late })));
        for (const { forMs, pausedMs, kill, pageRows } of steps) {
          let met = 0;
          await on.run(
            on.clock.now + forMs,
            (marker) => {
              if (kill !== null && marker === kill.marker && ++met === kill.nth) throw new Killed();
            },
            pageRows,
          );
          on.clock.now += pausedMs;
        }
        await on.run(Math.max(140_000, on.clock.now + 2_000));
        expect(on.published()).toEqual(on.inTable());
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
