import type { EndOffsets } from './broker.js';
import { endMarks } from './marks.js';
import type { Position } from './position.js';
import type { FeedState } from './position-store.js';
import type { ResumePoint } from './resume.js';
import type { Batch, Source } from './source.js';

/** The state after a batch, and whether it has to be saved at once: a restart from the one before would be wrong, or repeat much work. */
export type Reckoned = Readonly<{ state: FeedState; save: boolean }>;

/**
 * What a feed's state comes to be when a batch has passed: all of its values are in the topic, which now ends at `ends`.
 * Keeps the rule that a restart from any saved state finds in the topic what it must not send again: see `resumePoint`.
 */
export type Reckoning<T> = (current: FeedState, batch: Batch<T>, ends: EndOffsets, readAt: Date) => Reckoned;

/** @param point where the pass over the source began */
export const reckoning = <T>(
  { state: begun, unsaved }: ResumePoint<T>,
  { compare }: Pick<Source<T>, 'compare'>,
): Reckoning<T> => {
  const marks = endMarks(begun.endOffsets, compare);

  /** Until the source has passed what lay in the topic before, a restart has to find it there again: the offsets stay. */
  const whileUnsaved = (current: FeedState, { position, settled }: Batch<T>): FeedState => {
    const reached = position === null || (current.position !== null && compare(current.position, position) > 0);
    const begin = current.settled ?? (settled === undefined ? null : (begun.position ?? settled));
    return { ...current, position: reached ? current.position : position, ...(begin === null ? {} : { settled: begin }) };
  };

  const afterValues = (current: FeedState, batch: Batch<T>, ends: EndOffsets): FeedState => {
    if (unsaved.size > 0) return whileUnsaved(current, batch);
    const { position, settled } = batch;
    const { settled: _, ...rest } = current;
    if (settled === undefined) return { ...rest, position, endOffsets: ends };
    return { ...rest, position, settled, endOffsets: marks.upTo(settled) };
  };

  /** A restart would begin later than the source is sure of: that has to be known also while no value comes. */
  const afterNothing = (current: FeedState, { settled }: Batch<T>): FeedState | undefined => {
    const begin = current.settled ?? current.position;
    if (settled === undefined || begin === null || compare(settled, begin) >= 0) return undefined;
    return { ...current, settled, ...(unsaved.size > 0 ? {} : { endOffsets: marks.upTo(settled) }) };
  };

  const reachesFurtherBack = (doubtFrom: Position | undefined, known: Position | undefined): boolean =>
    doubtFrom !== undefined && (known === undefined || compare(doubtFrom, known) < 0);

  return ({ doubtFrom: known, ...before }, batch, ends, readAt) => {
    unsaved.passed(batch);
    if (unsaved.size === 0 && batch.position !== null) marks.add(batch.position, ends);
    const { doubtFrom } = batch;
    const current = { ...before, readAt: readAt.toISOString(), ...(doubtFrom === undefined ? {} : { doubtFrom }) };
    const next = batch.values.length > 0 ? afterValues(current, batch, ends) : afterNothing(current, batch);
    return { state: next ?? current, save: next !== undefined || reachesFurtherBack(doubtFrom, known) };
  };
};
