import type { Position } from '../../src/core/position.js';

/** What a statement of `pageStatement` asks for, for tables that live in a test: rows after a position and below a time. */
export const askedPage = (sql: string): { after: Position | null; below: string; limit: number } => {
  const below = /< '([^']+)' ORDER BY/.exec(sql)?.[1];
  const limit = Number(/LIMIT (\d+)$/.exec(sql)?.[1]);
  if (below === undefined || Number.isNaN(limit)) throw new Error(`not the statement of a page: ${sql}`);
  const [, timestamp, key] = /> '([^']+)' OR \(.* AND \S+ > '?([^')]+)'?\)\)/.exec(sql) ?? [];
  if (timestamp !== undefined && key !== undefined) return { after: { timestamp, key }, below, limit };
  const from = />= '([^']+)' AND/.exec(sql)?.[1];
  if (from === undefined && !sql.includes('WHERE TRUE AND')) throw new Error(`not the statement of a page: ${sql}`);
  return { after: from === undefined ? null : { timestamp: from }, below, limit };
};
