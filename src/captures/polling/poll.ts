import type { Query } from '../../adapters/mysql/query.js';
import { delayOrAbort } from '../../core/delay.js';
import type { Row } from '../../core/pipeline.js';
import type { Position } from '../../core/position.js';
import type { Batch } from '../../core/source.js';
import { shiftTimestamp } from '../../core/timestamp.js';
import type { Frontier, Reach } from './frontier.js';
import { type Keyset, pageStatement } from './keyset.js';
import { pageSize } from './page-size.js';
import { recentRows } from './recent.js';

export type PollOptions = Readonly<{
  query: Query;
  keyset: Keyset;
  frontier: Frontier;
  positionOf(row: Row): Position;
  compare(a: Position, b: Position): number;
  /** Fraction digits of the cursor column. */
  digits: number;
  after: Position | null;
  everyMs: number;
  /** The most rows of a page; fewer where rows are large. */
  pageRows: number;
  /** Whether keys come in the same order here as on the server. If not, no restart begins between rows of one time. */
  keysOrdered: boolean;
  /** How far behind the position rows are read again where late ones may turn up. */
  overlapMs: number;
  signal: AbortSignal;
}>;

/** Rows stamped later than this before the clock are remembered, for the case that they are read again. */
const REMEMBERED_MICROS = 60_000_000n;

/**
 * A bound cut to the column's precision: a column of whole seconds stamps 05.9 as 05, so 05 is over only when 06 has come.
 */
export const atPrecision = (bound: string, digits: number): string =>
  bound.slice(0, 20) + bound.slice(20, 20 + digits).padEnd(6, '0');

/** Where to read on in a column that has fewer digits now: rows of the moment cut off may have been stamped since. */
export const atDigits = (after: Position | null, digits: number): Position | null => {
  const timestamp = after?.timestamp;
  const cut = timestamp === undefined ? undefined : atPrecision(timestamp, digits);
  return cut === undefined || cut === timestamp ? after : { timestamp: cut };
};

const shifted = (timestamp: string, byMicros: bigint): string => (timestamp === '' ? '' : shiftTimestamp(timestamp, byMicros));

const least = (times: readonly string[]): string => times.reduce((a, b) => (b < a ? b : a));

/**
 * Reads pages in the order (cursor, key) below the frontier, again and again until the signal aborts.
 * While there is more it reads on at once; between polls it waits `everyMs`. Where it reads again it hands on only what is new,
 * and says with `settled` where a restart has to begin. Ends when it has to read again what it no longer remembers.
 */
export async function* poll(options: PollOptions): AsyncGenerator<Batch<Row>> {
  const { query, keyset, frontier, positionOf, compare, digits, everyMs, pageRows, keysOrdered, overlapMs, signal } = options;
  const overlap = BigInt(overlapMs) * 1000n;
  const begin = options.after?.timestamp ?? '';
  const recent = recentRows(options.after?.key === undefined ? shifted(begin, -1n) : begin);
  const earlierOf = (a: Position, b: Position): Position => (compare(a, b) <= 0 ? a : b);
  const later = (a: Position | null, b: Position): Position => (a !== null && compare(a, b) > 0 ? a : b);
  const size = pageSize(pageRows);
  let position = options.after;
  let highest = options.after;

  /** Where this poll reads from: no further back than is remembered. */
  const start = (reach: Reach): Position | null => {
    if (reach.rewindTo !== null && position !== null) position = earlierOf(position, { timestamp: reach.rewindTo });
    const timestamp = position?.timestamp;
    if (!reach.overlap || position === null || timestamp === undefined) return position;
    const back = shifted(timestamp, -overlap);
    const remembered = shifted(recent.since(), 1n);
    return earlierOf(position, { timestamp: back > remembered ? back : remembered });
  };

  const batch = (values: readonly Row[], { overlap: late, doubtFrom }: Reach): Batch<Row> => {
    if (position !== null) highest = later(highest, position);
    const at = position?.timestamp;
    if (at === undefined || highest === null) return { values, position: highest };
    const [back, remembered] = [shifted(at, -overlap), recent.since()];
    const lateFrom = late ? [back > remembered ? back : remembered] : [];
    const from = least([at, ...lateFrom, ...(doubtFrom === null ? [] : [doubtFrom])]);
    const certain = options.after !== null && from <= begin ? options.after : { timestamp: from };
    const cut = keysOrdered || position?.key === undefined ? (position as Position) : { timestamp: at };
    const settled = from === at ? cut : earlierOf(certain, cut);
    const doubt = doubtFrom === null ? {} : { doubtFrom: { timestamp: doubtFrom } };
    return { values, position: highest, ...doubt, ...(compare(settled, highest) < 0 ? { settled } : {}) };
  };

  while (!signal.aborted) {
    const reach = await frontier.reach();
    const { rewindTo } = reach;
    if (rewindTo !== null && position !== null && rewindTo <= recent.since()) {
      yield { values: [], position: null, again: { timestamp: rewindTo } };
      return;
    }
    let from = start(reach);
    const seenUpTo = highest;
    const below = reach.below === null ? null : atPrecision(reach.below, digits);
    const kept = [shiftTimestamp(reach.now, -REMEMBERED_MICROS), ...(reach.doubtFrom === null ? [] : [reach.doubtFrom])];
    const keepFrom = shifted(least(kept), reach.overlap ? -2n * overlap : 0n);
    let full = below !== null;
    while (full && below !== null && !signal.aborted) {
      const limit = size.rows();
      const { sql, params } = pageStatement(keyset, from, below, limit);
      const rows = await query<Row>(sql, params);
      size.note(rows);
      full = rows.length === limit;
      const last = rows[rows.length - 1];
      if (last === undefined) break;
      from = positionOf(last);
      position = later(position, from);
      const fresh: Row[] = [];
      for (const row of rows) {
        const at = positionOf(row);
        const { timestamp = '', key = '' } = at;
        if (seenUpTo !== null && compare(at, seenUpTo) <= 0 && recent.has(key, timestamp)) continue;
        recent.add(key, timestamp, keepFrom);
        fresh.push(row);
      }
      if (fresh.length > 0) yield batch(fresh, reach);
    }
    // Aborted: not all below the frontier has been read.
    if (full) return;
    if (below !== null) {
      highest = later(highest, { timestamp: below });
      if (!reach.overlap) position = later(position, { timestamp: below });
    }
    yield batch([], reach);
    await delayOrAbort(everyMs, signal);
  }
}
