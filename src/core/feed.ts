import type { EndOffsets, Publish, TopicReader } from './broker.js';
import type { Codec } from './codec.js';
import { BridgeError } from './errors.js';
import type { Log } from './log.js';
import type { Origin, PositionStore } from './position-store.js';
import { prefetch } from './prefetch.js';
import { publishBatch } from './publish-batch.js';
import { resumePoint } from './resume.js';
import type { Batch, Source } from './source.js';
import type { Topic } from './topic.js';

/** One source into one topic, and all that it takes to run it. */
export type FeedRun<T> = Readonly<{
  name: string;
  source: Source<T>;
  topic: Topic<T>;
  codec: Codec;
  publish: Publish;
  reader: TopicReader;
  positions: PositionStore;
  /** What the feed reads from and writes to, for telling one life of the servers from another. */
  origin(): Promise<Origin>;
  /** False once another producer may run the feed: nothing must be published any more. */
  stillOurs(): Promise<boolean>;
  log: Log;
  signal: AbortSignal;
  /** Called when the records of a batch are acknowledged and the position is saved. */
  onPublished?(records: number): void;
  /** Called at the points where a kill is most awkward; tests hang on to them. */
  onMarker?(marker: FeedMarker): void;
  now?: () => Date;
  settleMs?: number;
}>;

export type FeedMarker = 'before-publish' | 'after-ack' | 'after-save';

const lockLost = (feed: string): BridgeError =>
  new BridgeError({
    code: 'FEED_LOCK_LOST',
    kind: 'transient',
    found: `The connection that holds the lock of feed '${feed}' has gone.`,
    fix: 'The feed takes the lock again by itself.',
  });

/**
 * Runs a feed until the signal aborts: publish, wait for all acknowledgements, save the position.
 * A restart from any point neither loses nor repeats a record: see `resumePoint`.
 * @throws BridgeError `transient` when a server went away: call again and it goes on where it stopped.
 */
export const runFeed = async <T>(run: FeedRun<T>): Promise<void> => {
  const codec = await run.codec.open(run.topic);
  // An edit while running ends the pass over the source; the next pass begins where the edit says.
  while (!run.signal.aborted) {
    const point = await resumePoint(run, codec);
    if (point === 'aborted') return;
    const { state, unsaved } = point;
    let current = state;
    let ends: EndOffsets = unsaved.ends;
    const stop = new AbortController();
    const signal = AbortSignal.any([run.signal, stop.signal]);
    const pass = async (batch: Batch<T>): Promise<boolean> => {
      if (await run.positions.edited()) return false;
      const fresh = batch.values.filter((value) => !unsaved.has(run.topic.key(value), run.source.positionOf(value)));
      if (fresh.length > 0) {
        if (!(await run.stillOurs())) throw lockLost(run.name);
        run.onMarker?.('before-publish');
        ends = new Map([...ends, ...(await publishBatch(run, codec, fresh)).ends]);
        run.onMarker?.('after-ack');
      }
      unsaved.passed(batch);
      if (batch.values.length === 0) return true;
      current = { ...current, position: batch.position, endOffsets: unsaved.size === 0 ? ends : current.endOffsets };
      if (!(await run.positions.save(current))) return false;
      run.onMarker?.('after-save');
      run.onPublished?.(fresh.length);
      return true;
    };
    try {
      for await (const batch of prefetch(run.source.read({ after: state.position, signal }))) {
        if (!(await pass(batch))) break;
        if (run.signal.aborted) break;
      }
    } finally {
      stop.abort();
    }
    if (run.signal.aborted) await run.positions.save({ ...current, clean: true });
  }
};
