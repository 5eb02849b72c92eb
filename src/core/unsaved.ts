import type { EndOffsets } from './broker.js';
import type { Position } from './position.js';
import type { Batch, Source } from './source.js';

/** The records that lie in the topic but were published after the last save: not to be published again. */
export type Unsaved<T> = Readonly<{
  /** Where the topic ends, these records included. */
  ends: EndOffsets;
  readonly size: number;
  has(key: string, position: Position): boolean;
  /** Forgets what the source has read past: a row that was changed since never comes again under its old position. */
  passed(batch: Batch<T>): void;
}>;

const identity = (key: string, position: Position): string =>
  JSON.stringify([
    key,
    ...Object.keys(position)
      .sort()
      .map((field) => position[field]),
  ]);

export const unsavedRecords = <T>(
  source: Source<T>,
  ends: EndOffsets,
  records: readonly Readonly<{ key: string; position: Position }>[],
): Unsaved<T> => {
  const known = new Set(records.map(({ key, position }) => identity(key, position)));
  let last: Position | null = null;
  for (const { position } of records) if (last === null || source.compare(position, last) > 0) last = position;
  return {
    ends,
    get size() {
      return known.size;
    },
    has: (key, position) => known.size > 0 && known.has(identity(key, position)),
    passed({ position, settled = position }) {
      if (last !== null && settled !== null && source.compare(settled, last) >= 0) known.clear();
    },
  };
};
