import type { EndOffsets } from './broker.js';
import type { Position } from './position.js';

/** How far the topic reached at the moments when a source had come to a position. */
export type Marks = Readonly<{
  /** Everything up to `position` is published, and the topic ends there. Positions never go back. */
  add(position: Position, ends: EndOffsets): void;
  /** Offsets below which nothing lies that comes after a position: those of the last mark at or before it. */
  upTo(position: Position): EndOffsets;
}>;

/** One mark less means only that a restart reads a little more of the topic. */
const MOST = 64;

/** @param first offsets below which everything was published before the source began */
export const endMarks = (first: EndOffsets, compare: (a: Position, b: Position) => number): Marks => {
  let marks: Readonly<{ position: Position; ends: EndOffsets }>[] = [];
  return {
    add(position, ends) {
      marks.push({ position, ends });
      // Every second one goes: the older, the sparser.
      if (marks.length > MOST) marks = marks.filter((_, index) => index % 2 === 0);
    },
    upTo: (position) => marks.findLast((mark) => compare(mark.position, position) <= 0)?.ends ?? first,
  };
};
