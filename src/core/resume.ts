import type { EndOffsets } from './broker.js';
import type { TopicCodec } from './codec.js';
import { isOfRecord } from './errors.js';
import type { FeedRun } from './feed.js';
import { life } from './life.js';
import type { Position } from './position.js';
import type { FeedState, Found, Origin } from './position-store.js';
import { RETRY_OF_HEADER } from './retry-headers.js';
import { sameEnds, settledEnds } from './settled-ends.js';
import { type Unsaved, unsavedRecords } from './unsaved.js';

/** Where a pass over the source begins. */
export type ResumePoint<T> = Readonly<{ state: FeedState; unsaved: Unsaved<T> }>;

/** Replays remembered in the state; the oldest go first. */
const MOST_REPLAYS = 100;

/** Reads the records that were published after the last save, also where they stand behind an open transaction of somebody else. */
const readUnsaved = async <T>(run: FeedRun<T>, codec: TopicCodec<T>, saved: FeedState, ends: EndOffsets): Promise<Unsaved<T>> => {
  const records: { key: string; position: Position }[] = [];
  const starts = await run.reader.startOffsets(run.topic.name);
  const begin = saved.settled ?? saved.position;
  for (const [partition, end] of ends) {
    const from = saved.endOffsets.get(partition) ?? 0n;
    const start = starts.get(partition) ?? 0n;
    if (from < start)
      run.log.warn(
        { partition, from: String(from), start: String(start) },
        'the topic no longer holds all records that were published but not saved here: what they hold may be sent again',
      );
    for await (const batch of run.reader.readRange({ topic: run.topic.name, partition }, from, end, 'own')) {
      for (const { key, value, headers } of batch) {
        // One that was sent again is for one group only: to the others the row has yet to travel.
        if (key === null || value === null || headers[RETRY_OF_HEADER] !== undefined) continue;
        try {
          const decoded = await codec.decode(value);
          const position = run.source.positionOf(decoded);
          // The source does not give it again.
          if (begin !== null && run.source.compare(position, begin) < 0) continue;
          // The record's own key: made of the decoded value it may look otherwise than made of the row, a time for one.
          records.push({ key: key.toString(), position });
        } catch (error) {
          // Records of somebody else in our topic are none that we could repeat.
          if (isOfRecord(error)) continue;
          throw error;
        }
      }
    }
  }
  if (records.length > 0) run.log.info({ records: records.length }, 'found records that were published but not saved');
  return unsavedRecords(run.source, ends, records);
};

/** A first start and a replay save the topic's end before their first record, so that the rule of the unsaved records holds for them too. */
const begin = <T>(
  run: FeedRun<T>,
  { from, previous }: Found & { kind: 'replay' },
  ends: EndOffsets,
  origin: Origin,
): FeedState => {
  const at = (run.now?.() ?? new Date()).toISOString();
  run.log.info({ from: from?.timestamp ?? 'the beginning' }, 'reading from a new position');
  const replays = [...(previous?.replays ?? []), { at, from: from?.timestamp ?? null, endOffsets: ends }].slice(-MOST_REPLAYS);
  return { position: from, endOffsets: ends, clean: false, origin, replays };
};

/**
 * No state here, but records in the topic: all of them count as published but not saved. The rows are read from the beginning,
 * and only those that the topic does not hold in their present version are sent.
 */
const adopted = async <T>(run: FeedRun<T>, found: Found & { kind: 'replay' }, origin: Origin): Promise<FeedState> => {
  run.log.info({ topic: run.topic.name }, 'no state here: going on from what is in the topic');
  return begin(run, found, await run.reader.startOffsets(run.topic.name), origin);
};

/**
 * The state from which a feed reads again from a position before its own: everything that was sent since it began, or since its last
 * replay, counts as published but not saved.
 */
export const readAgain = async <T>(run: FeedRun<T>, state: FeedState, from: Position): Promise<FeedState> => {
  const begin = state.settled ?? state.position;
  if (begin === null || run.source.compare(begin, from) <= 0) return state;
  const began = state.replays[state.replays.length - 1]?.endOffsets;
  const endOffsets = new Map(
    [...(await run.reader.startOffsets(run.topic.name))].map(([partition, start]) => {
      const since = began?.get(partition) ?? 0n;
      return [partition, since > start ? since : start];
    }),
  );
  return { ...state, settled: from, endOffsets };
};

/**
 * Finds out where to read on, and which records must not be published again because they are in the topic already:
 * they were acknowledged, or reached the broker, after the last save. The state is saved before the first record is published.
 * @param continued whether this run has read from the source before
 * @throws BridgeError `integrity` when only one of database and topic is another than before
 */
export const resumePoint = async <T>(
  run: FeedRun<T>,
  codec: TopicCodec<T>,
  continued = false,
): Promise<ResumePoint<T> | 'aborted'> => {
  for (;;) {
    const found = await run.positions.load();
    // Before anything is saved: a wish that cannot be fulfilled leaves the file as it is.
    if (found.kind === 'replay' && found.from !== null) await run.source.checkBeginning?.(found.from);
    const origin = await run.origin();
    const firstEnds = await run.reader.endOffsets(run.topic.name, 'own');
    // A clean end of ours tells nothing of a producer that has published since.
    const quiet =
      (found.kind === 'saved' && found.state.clean && sameEnds(found.state.endOffsets, firstEnds)) ||
      [...firstEnds.values()].every((end) => end === 0n);
    const ends = quiet ? firstEnds : await settledEnds({ ...run, topic: run.topic.name }, firstEnds);
    if (ends === undefined) return 'aborted';
    if (found.kind === 'saved' && (await life(run, found.state, ends, origin, continued)) === 'another') {
      const name = await run.positions.setAside();
      run.log.warn(
        { setAside: name },
        'database and topic are new: the old state is set aside, everything starts from the beginning',
      );
      continue;
    }
    const adopts = found.kind === 'replay' && found.missing === true && run.adopt === true;
    const state =
      found.kind === 'saved'
        ? { ...found.state, clean: false, origin }
        : adopts
          ? await adopted(run, found, origin)
          : begin(run, found, ends, origin);
    const goesOn = found.kind === 'saved' || adopts;
    const unsaved = goesOn ? await readUnsaved(run, codec, state, ends) : unsavedRecords(run.source, ends, []);
    if (await run.positions.save(state)) return { state, unsaved };
  }
};
