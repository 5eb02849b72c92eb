import type { Query } from '../../adapters/mysql/query.js';
import { delayOrAbort } from '../../core/delay.js';
import type { Row } from '../../core/pipeline.js';
import type { Position } from '../../core/position.js';
import type { Batch } from '../../core/source.js';
import { shiftTimestamp } from '../../core/timestamp.js';
import type { Frontier, Reach } from './frontier.js';
import { type Keyset, pageStatement } from './keyset.js';
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
  pageRows: number;
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

/**
 * Reads pages in the order (cursor, key) below the frontier, again and again until the signal aborts.
 * While there is more it reads on at once; between polls it waits `everyMs`.
 */
export async function* poll(options: PollOptions): AsyncGenerator<Batch<Row>> {
  const { query, keyset, frontier, positionOf, compare, digits, everyMs, pageRows, overlapMs, signal } = options;
  const recent = recentRows();
  const later = (a: Position | null, b: Position): Position => (a !== null && compare(a, b) > 0 ? a : b);
  let position = options.after;
  // Rows up to here were read by an earlier run, which remembers them where we cannot.
  const begin = options.after;
  let stepEnds: string | null = null;
  let highest = '';

  const start = ({ rewindTo, overlap, now }: Reach): Position | null => {
    if (rewindTo !== null) {
      stepEnds = highest;
      position = { timestamp: shiftTimestamp(rewindTo, BigInt(everyMs) * -2000n) };
    }
    if (stepEnds !== null && now > stepEnds) stepEnds = null;
    if (now > highest) highest = now;
    const timestamp = position?.timestamp;
    if (!overlap || timestamp === undefined || position === begin) return position;
    const back: Position = { timestamp: shiftTimestamp(timestamp, BigInt(overlapMs) * -1000n) };
    return begin === null ? back : later(begin, back);
  };

  while (!signal.aborted) {
    const reach = await frontier.reach();
    let from = start(reach);
    const again = reach.overlap || stepEnds !== null;
    const below = reach.below === null ? null : atPrecision(reach.below, digits);
    const remembered = shiftTimestamp(reach.now, -REMEMBERED_MICROS);
    let full = below !== null;
    while (full && below !== null && !signal.aborted) {
      const { sql, params } = pageStatement(keyset, from, below, pageRows);
      const rows = await query<Row>(sql, params);
      full = rows.length === pageRows;
      const last = rows[rows.length - 1];
      if (last === undefined) break;
      from = positionOf(last);
      position = later(position, from);
      const fresh: Row[] = [];
      for (const row of rows) {
        const { timestamp = '', key = '' } = positionOf(row);
        if (again && recent.has(key, timestamp)) continue;
        if (timestamp > remembered) recent.add(key, timestamp);
        fresh.push(row);
      }
      if (fresh.length > 0) yield { values: fresh, position };
    }
    const read: Position | null = below === null ? position : later(position, { timestamp: below });
    yield { values: [], position: read };
    await delayOrAbort(everyMs, signal);
  }
}
