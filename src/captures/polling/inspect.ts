import type { Guarantee } from '../../core/guarantee.js';
import type { Position } from '../../core/position.js';
import { microsOf } from '../../core/timestamp.js';
import { decideGuarantee, serverOf } from './guarantee.js';
import type { PollingOptions } from './index.js';
import { waitingStatement } from './keyset.js';
import { learnTable } from './table.js';

export type Inspection = Readonly<{
  guarantee: Guarantee;
  rows: number;
  /** Age of the oldest row that waits; 0 when none does. */
  ageSeconds: number;
}>;

/** Looks at a captured table from aside: the guarantee, and what lies after a position. */
export const inspectTable = async (options: PollingOptions, position: Position | null): Promise<Inspection> => {
  const connection = await options.connect();
  const { query } = connection;
  try {
    const { keyset, cursor } = await learnTable(query, options);
    const guarantee = await decideGuarantee(query, await serverOf(query), cursor);
    const { sql, params } = waitingStatement(keyset, position);
    const [waiting] = await query<{ n: number | string; oldest: string | null; now: string }>(sql, params);
    const ageSeconds = waiting?.oldest == null ? 0 : Number(microsOf(waiting.now) - microsOf(waiting.oldest)) / 1e6;
    return { guarantee, rows: Number(waiting?.n ?? 0), ageSeconds: Math.max(0, ageSeconds) };
  } finally {
    await connection.close();
  }
};
