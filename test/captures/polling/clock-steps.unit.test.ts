import fc from 'fast-check';
import type { Query } from '../../../src/adapters/mysql/query.js';
import { beginAgain } from '../../../src/captures/polling/beginning.js';
import { type ClockWatch, clockWatch } from '../../../src/captures/polling/clock.js';
import type { Frontier } from '../../../src/captures/polling/frontier.js';
import { poll } from '../../../src/captures/polling/poll.js';
import { positionsOf } from '../../../src/captures/polling/positions.js';
import { type FeedMarker, runFeed } from '../../../src/core/feed.js';
import type { Row } from '../../../src/core/pipeline.js';
import type { Source } from '../../../src/core/source.js';
import { timestampOf } from '../../../src/core/timestamp.js';
import { askedPage } from '../../support/asked-page.js';
import { memoryBroker } from '../../support/memory-broker.js';
import { memoryPositions, memoryTableFeed } from '../../support/memory-feed.js';
import { silentLog } from '../../support/silent-log.js';

class Killed extends Error {}

const keyset = { table: 't', columns: ['id', 'at'], cursor: 'at', key: 'id', integerKey: true };
const { positionOf, compare } = positionsOf('at', 'id');
const at = (ms: number): string => timestampOf(BigInt(ms) * 1000n);

/** A table on a server whose clock can be set, beside time as it passes. In milliseconds. */
const world = () => {
  const rows: Row[] = [];
  const time = { passed: 1_000_000, set: 0 };
  const now = (): string => at(time.passed + time.set);
  const broker = memoryBroker(3);
  const positions = memoryPositions();
  const insert = (): void => {
    rows.push({ id: rows.length + 1, at: now() });
    time.passed += 1;
  };
  const query = (async (sql: string) => {
    if (sql.includes('NOW(6)')) return [{ now: now() }];
    const { after, below, limit } = askedPage(sql);
    const found = rows.filter((row) => (after === null || compare(positionOf(row), after) > 0) && String(row.at) < below);
    return found.sort((a, b) => compare(positionOf(a), positionOf(b))).slice(0, limit);
  }) as Query;

  /** Polls this often, with something done before each poll. */
  const run = async (polls: readonly (() => void)[], onMarker?: (marker: FeedMarker) => void): Promise<void> => {
    const stop = new AbortController();
    const queue = [...polls];
    const source: Source<Row> = {
      name: 't',
      positionOf,
      compare,
      async *read(from) {
        // Time passes as the world says, not as it does: the watch is shown that.
        const seen = clockWatch();
        const watch: ClockWatch = ({ now: read }) => seen({ now: read, askedMs: time.passed, answeredMs: time.passed });
        const again = await beginAgain(query, { table: 't', log: silentLog }, from, watch, () => time.passed);
        if (again !== null) return yield { values: [], position: null, again };
        const frontier: Frontier = {
          guarantee: () => ({ level: 'proven', reason: 'for the test' }),
          async reach() {
            queue.shift()?.();
            if (queue.length === 0) stop.abort();
            time.passed += 200;
            const rewindTo = watch({ now: now(), askedMs: time.passed, answeredMs: time.passed });
            return { below: at(time.passed + time.set - 10), now: now(), rewindTo, overlap: false, doubtFrom: null };
          },
        };
        const how = {
          query,
          keyset,
          frontier,
          positionOf,
          compare,
          digits: 6,
          everyMs: 0,
          pageRows: 3,
          keysOrdered: true,
          overlapMs: 5_000,
        };
        yield* poll({ ...how, after: from.after, signal: from.signal });
      },
    };
    const feed = {
      ...memoryTableFeed({ source, broker, partitions: 3, positions, signal: stop.signal }),
      now: () => new Date(time.passed),
    };
    try {
      await runFeed({ ...feed, ...(onMarker === undefined ? {} : { onMarker }) });
    } catch (error) {
      // It stops and says why where the clock is far behind.
      if (!(error instanceof Killed) && (error as { code?: string }).code !== 'POSITION_IN_FUTURE') throw error;
    }
  };
  const idle = (count: number) => Array.from({ length: count }, () => () => {});
  const published = (): string[] => {
    const found = broker.all('t').map(({ value }) => JSON.parse(String(value)) as Row);
    return found.map((row) => `${row.id}@${row.at}`).sort();
  };
  const inTable = (): string[] => rows.map((row) => `${row.id}@${row.at}`).sort();
  return { time, insert, run, idle, published, inTable };
};

describe('a feed of a server whose clock is set back', () => {
  it.each([
    ['behind the position when it is started again', 3_000, 1_000],
    ['past the position again when it is started', 3_000, 30_000],
    ['far back, and long ago', 600_000, 900_000],
  ])('while it is stopped, %s: rows that were stamped anew travel, and none twice', async (_when, stepMs, stoppedMs) => {
    const on = world();
    await on.run([...Array.from({ length: 20 }, () => on.insert), ...on.idle(3)]);
    on.time.set -= stepMs;
    for (let tenth = 0; tenth < 10; tenth++) {
      on.time.passed += stoppedMs / 10;
      on.insert();
    }
    await on.run(on.idle(30));
    expect(on.published()).toEqual(on.inTable());
  });

  it('right after it was started, further than to its start', async () => {
    const on = world();
    await on.run([...Array.from({ length: 20 }, () => on.insert), ...on.idle(3)]);
    const setBack = () => {
      on.time.set -= 3_000;
      on.insert();
    };
    await on.run([...on.idle(2), setBack, on.insert, ...on.idle(30)]);
    expect(on.published()).toEqual(on.inTable());
  });

  it('by more than is remembered', async () => {
    const on = world();
    const slowly = () => {
      on.insert();
      on.time.passed += 2_000;
    };
    const setBack = () => {
      on.time.set -= 100_000;
      on.insert();
    };
    await on.run([...Array.from({ length: 60 }, () => slowly), setBack, on.insert, ...on.idle(3)]);
    on.time.passed += 200_000;
    await on.run(on.idle(5));
    expect(on.published()).toEqual(on.inTable());
  });

  it('neither loses nor repeats under any sequence of steps, stops and kills', async () => {
    const step = fc.record({
      polls: fc.array(fc.constantFrom('insert', 'insert', 'idle', 'back 2 s', 'back 9 s'), { minLength: 1, maxLength: 12 }),
      kill: fc.option(
        fc.record({
          marker: fc.constantFrom<FeedMarker>('before-publish', 'after-ack', 'after-save'),
          nth: fc.integer({ min: 1, max: 4 }),
        }),
      ),
      stopped: fc.record({ backMs: fc.constantFrom(0, 0, 1_500, 4_000, 9_000), forMs: fc.integer({ min: 100, max: 8_000 }) }),
      rows: fc.integer({ min: 0, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const on = world();
        const back = (ms: number) => () => {
          on.time.set -= ms;
          on.insert();
        };
        const does = { insert: on.insert, idle: () => {}, 'back 2 s': back(2_000), 'back 9 s': back(9_000) };
        for (const { polls, kill, stopped, rows } of steps) {
          let met = 0;
          const killing = (marker: FeedMarker): void => {
            if (kill !== null && marker === kill.marker && ++met === kill.nth) throw new Killed();
          };
          await on.run(
            polls.map((name) => does[name]),
            killing,
          );
          on.time.set -= stopped.backMs;
          // Nothing is stamped in the first moments, less than two clocks differ by.
          on.time.passed += 300;
          for (let row = 0; row < rows; row++) {
            on.insert();
            on.time.passed += stopped.forMs;
          }
          on.time.passed += stopped.forMs;
        }
        await on.run(on.idle(5));
        on.time.passed += 100_000;
        await on.run(on.idle(5));
        expect(on.published()).toEqual(on.inTable());
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
