import type { Row } from '../../core/pipeline.js';
import { MOST_RECORD_BYTES } from '../../core/publish-batch.js';

/** About as large a page gets. A page travels in one piece, and a few are in memory at a time. */
export const PAGE_BYTES = 16 * 1024 * 1024;

/** As many as fit into a page were each as large as a record may be. */
const FIRST_ROWS = Math.floor(PAGE_BYTES / MOST_RECORD_BYTES);
const GROWTH = 8;
/** What anything counts for that is neither a text nor bytes. */
const VALUE_BYTES = 8;

/** How many rows to ask for, so that pages stay about as large as `PAGE_BYTES` whatever a row has. */
export type PageSize = Readonly<{
  rows(): number;
  /** Notes a page that was read. */
  note(page: readonly Row[]): void;
}>;

/** Texts count by their characters, which is near enough. */
export const bytesOf = (page: readonly Row[]): number => {
  let bytes = 0;
  for (const row of page) {
    for (const name in row) {
      const value = row[name];
      bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length : VALUE_BYTES;
    }
  }
  return bytes;
};

/**
 * Goes by the rows of the last page, all of them: that takes half a percent of the time in which they are read. Few rows of it tell
 * little, so a page has at most eight times as many rows as one before it had.
 * @param most a page never has more rows
 */
export const pageSize = (most: number): PageSize => {
  let next = Math.min(most, FIRST_ROWS);
  return {
    rows: () => next,
    note(page) {
      if (page.length === 0) return;
      const fitting = Math.floor((PAGE_BYTES * page.length) / Math.max(1, bytesOf(page)));
      next = Math.max(1, Math.min(most, fitting, Math.max(next, page.length * GROWTH)));
    },
  };
};
