import fc from 'fast-check';
import type { Query } from '../../../src/adapters/mysql/query.js';
import { poll } from '../../../src/captures/polling/poll.js';
import { positionsOf } from '../../../src/captures/polling/positions.js';
import { runFeed } from '../../../src/core/feed.js';
import type { Row } from '../../../src/core/pipeline.js';
import type { Source } from '../../../src/core/source.js';
import { timestampOf } from '../../../src/core/timestamp.js';
import { askedPage } from '../../support/asked-page.js';
import { memoryBroker } from '../../support/memory-broker.js';
import { memoryPositions, memoryTableFeed } from '../../support/memory-feed.js';

class Killed extends Error {}

const { positionOf, compare } = positionsOf('at', 'id');
const at = (second: number): string => timestampOf(BigInt(second) * 1_000_000n);

/** As a server with a collation that does not tell small letters from capitals orders them. */
const collated = (id: string): string => id.toLowerCase();

type Keyed = Readonly<{ id: string; at: string; late: boolean }>;

type Case = Readonly<{
  rows: readonly Keyed[];
  pageRows: number;
  /** Late rows may be stamped from here on; they show, and are read again from here, at this poll of the first run, or at the next start. */
  doubt: string;
  rewindAt: number;
}>;

const world = ({ rows, pageRows, doubt, rewindAt }: Case) => {
  const broker = memoryBroker(2);
  const positions = memoryPositions();
  let [runs, shown] = [0, false];
  const query = (async (sql: string) => {
    const { after, below, limit } = askedPage(sql);
    const isAfter = (row: Keyed): boolean =>
      after === null ||
      row.at > String(after.timestamp) ||
      (row.at === after.timestamp && (after.key === undefined || collated(row.id) > collated(after.key)));
    return rows
      .filter((row) => (shown || !row.late) && isAfter(row) && row.at < below)
      .sort((a, b) => (a.at === b.at ? (collated(a.id) < collated(b.id) ? -1 : 1) : a.at < b.at ? -1 : 1))
      .slice(0, limit);
  }) as Query;
  /** Runs for some polls, or until the kill. */
  const run = async (killAt?: Readonly<{ marker: string; occurrence: number }>) => {
    const stop = new AbortController();
    let [polls, met] = [0, 0];
    const first = runs++ === 0;
    if (!first) shown = true;
    const frontier = {
      guarantee: () => ({ level: 'proven' as const, reason: '' }),
      async reach() {
        const rewinds = first && polls === rewindAt;
        if (rewinds) shown = true;
        if (polls++ > rewindAt + 1) stop.abort();
        return {
          below: at(1_000),
          now: at(1_000),
          rewindTo: rewinds ? doubt : null,
          overlap: false,
          doubtFrom: first && !shown ? doubt : null,
        };
      },
    };
    const keyset = { table: 't', columns: ['id', 'at'], cursor: 'at', key: 'id', integerKey: false };
    const options = {
      query,
      keyset,
      frontier,
      positionOf,
      compare,
      digits: 6,
      everyMs: 0,
      pageRows,
      keysOrdered: false,
      overlapMs: 5_000,
    };
    const source: Source<Row> = {
      name: 't',
      positionOf,
      compare,
      read: ({ after, signal }) => poll({ ...options, after, signal }),
    };
    try {
      await runFeed({
        ...memoryTableFeed({ source, broker, partitions: 2, positions, signal: stop.signal }),
        onMarker: (marker) => {
          if (marker === killAt?.marker && ++met === killAt.occurrence) throw new Killed();
        },
      });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  };
  const published = () => broker.all('t').map(({ value }) => (JSON.parse(String(value)) as Keyed).id);
  return { run, published, positions };
};

describe('a table with a text for its key', () => {
  it('loses and repeats nothing where many rows have one timestamp, whatever the order of its collation', async () => {
    const ids = [...'aBcDeFgHiJkLmNoP', '9', '10', 'b1', 'C2'];
    const stamp = fc.integer({ min: 2, max: 3 });
    const rows = fc.uniqueArray(fc.record({ id: fc.constantFrom(...ids), at: stamp.map(at), late: fc.boolean() }), {
      selector: ({ id }) => id,
      minLength: 1,
      maxLength: 20,
    });
    const tables = fc.record({
      rows,
      pageRows: fc.integer({ min: 1, max: 5 }),
      doubt: fc.integer({ min: 1, max: 2 }).map(at),
      rewindAt: fc.integer({ min: 0, max: 2 }),
    });
    const kill = fc.record({
      marker: fc.constantFrom('before-publish', 'after-ack', 'after-save'),
      occurrence: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(tables, fc.array(kill, { maxLength: 3 }), async (table, kills) => {
        const { run, published } = world(table);
        for (const each of kills) await run(each);
        await run();
        await run();
        expect(published().sort()).toEqual(table.rows.map(({ id }) => id).sort());
      }),
      { numRuns: 300 },
    );
  });
});
