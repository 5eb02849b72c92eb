import type { Query } from '../../../src/adapters/mysql/query.js';
import { bytesOf, PAGE_BYTES, pageSize } from '../../../src/captures/polling/page-size.js';
import { poll } from '../../../src/captures/polling/poll.js';
import { positionsOf } from '../../../src/captures/polling/positions.js';
import type { Row } from '../../../src/core/pipeline.js';
import { prefetch } from '../../../src/core/prefetch.js';
import { timestampOf } from '../../../src/core/timestamp.js';
import { askedPage } from '../../support/asked-page.js';

const MOST = 5_000;
/** Only the length of a text counts: all rows share this one. */
const text = 'x'.repeat(900_000);
const page = (rows: number, bytes: number): Row[] => Array.from({ length: rows }, () => ({ body: text.slice(0, bytes) }));

/** How many rows each of some full pages has, for rows of these sizes. */
const sizes = (bytes: readonly number[], most = MOST): number[] => {
  const size = pageSize(most);
  return bytes.map((each) => {
    const rows = size.rows();
    size.note(page(rows, each));
    return rows;
  });
};

describe('the size of a page', () => {
  it('counts what texts and bytes have, and a little for anything else', () => {
    expect(bytesOf([{ a: 'four', b: Buffer.alloc(10), c: null, d: 7 }, { a: 'é' }])).toBe(4 + 10 + 8 + 8 + 1);
  });

  it('is small at first and soon as large as it may be, where rows are small', () => {
    expect(sizes([100, 100, 100, 100, 100])).toEqual([18, 144, 1_152, MOST, MOST]);
  });

  it.each([1, 3, 18, 100])('is never above the %i rows that it may have', (most) => {
    for (const rows of sizes(Array(6).fill(100), most)) expect(rows).toBeLessThanOrEqual(most);
  });

  it.each([300_000, 400_000, 800_000, 900_000])('holds about 16 MiB of rows of %i bytes, from the first page on', (bytes) => {
    for (const rows of sizes(Array(10).fill(bytes))) {
      expect(rows * bytes).toBeLessThanOrEqual(PAGE_BYTES);
      expect(rows).toBeGreaterThanOrEqual(18);
    }
  });

  it('shrinks at once when a page is far larger than expected, and grows again', () => {
    const rows = sizes([100, 100, 100, 100, 400_000, 400_000, 100, 100, 100, 100]);
    expect(rows).toEqual([18, 144, 1_152, MOST, MOST, 41, 41, 328, 2_624, MOST]);
  });

  it('asks for one row at least, however large it is', () => {
    const size = pageSize(MOST);
    size.note([{ body: { length: 0 } }, { body: Buffer.alloc(3 * PAGE_BYTES) }]);
    expect(size.rows()).toBe(1);
  });

  it('is not changed by a poll that finds nothing, nor made smaller by one that finds few small rows', () => {
    const size = pageSize(MOST);
    for (let n = 0; n < 4; n++) size.note(page(size.rows(), 100));
    size.note([]);
    expect(size.rows()).toBe(MOST);
    size.note(page(3, 100));
    expect(size.rows()).toBe(MOST);
  });

  it('does not grow on the word of few rows', () => {
    const size = pageSize(MOST);
    for (let n = 0; n < 10; n++) size.note(page(3, 100));
    expect(size.rows()).toBe(24);
  });
});

describe('a capture of large rows', () => {
  const { positionOf, compare } = positionsOf('at', 'id');
  const START = 1_700_000_000_000_000n;
  const table = Array.from({ length: 600 }, (_, n) => ({
    id: n + 1,
    at: timestampOf(START + BigInt(n)),
    body: text.slice(0, 400_000),
  }));

  it('reads them in pages of some 16 MiB', async () => {
    const stop = new AbortController();
    const asked: { limit: number; bytes: number }[] = [];
    const query = (async (sql: string) => {
      const { after, below, limit } = askedPage(sql);
      const found = table.filter((row) => (after === null || compare(positionOf(row), after) > 0) && row.at < below);
      const rows = found.slice(0, limit);
      asked.push({ limit, bytes: bytesOf(rows) });
      return rows;
    }) as Query;
    const now = timestampOf(START + 1_000_000n);
    const batches = poll({
      query,
      keyset: { table: 't', columns: ['id'], cursor: 'at', key: 'id', integerKey: true },
      frontier: {
        guarantee: () => ({ level: 'proven', reason: '' }),
        reach: async () => ({ below: now, now, rewindTo: null, overlap: false, doubtFrom: null }),
      },
      positionOf,
      compare,
      digits: 6,
      after: null,
      everyMs: 0,
      pageRows: MOST,
      keysOrdered: true,
      overlapMs: 5_000,
      signal: stop.signal,
    });
    const read: unknown[] = [];
    for await (const { values } of prefetch(batches)) {
      read.push(...values.map(({ id }) => id));
      if (values.length === 0) stop.abort();
    }
    expect(read).toEqual(table.map(({ id }) => id));
    expect(Math.max(...asked.map(({ bytes }) => bytes))).toBeLessThanOrEqual(PAGE_BYTES);
    expect(asked.slice(0, 3).map(({ limit }) => limit)).toEqual([18, 41, 41]);
  });
});
