import type { EndOffsets, Publish, TopicReader } from './broker.js';
import type { Codec } from './codec.js';
import type { DeadLetters } from './dead-letters.js';
import { BridgeError } from './errors.js';
import type { Log } from './log.js';
import type { Origin, PositionStore } from './position-store.js';
import { prefetch } from './prefetch.js';
import { publishBatch } from './publish-batch.js';
import { reckoning } from './reckoning.js';
import { readAgain, resumePoint } from './resume.js';
import type { Batch, Source } from './source.js';
import type { Topic } from './topic.js';

/** One source into one topic, and all that it takes to run it. */
export type FeedRun<T> = Readonly<{
  name: string;
  source: Source<T>;
  topic: Topic<T>;
  codec: Codec;
  publish: Publish;
  /** Without it any number of dead letters is written. */
  deadLetters?: DeadLetters;
  reader: TopicReader;
  positions: PositionStore;
  /**
   * Whether a feed without any state goes on from what is in the topic: another producer, whose state is kept elsewhere, may have
   * put it there. Otherwise everything is sent anew.
   */
  adopt?: boolean;
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

async function* dated<T>(batches: AsyncIterable<Batch<T>>, now = () => new Date()) {
  for await (const batch of batches) yield { batch, readAt: now() };
}

/**
 * Runs a feed until the signal aborts: publish, wait for all acknowledgements, save the position.
 * A restart from any point neither loses nor repeats a record: see `resumePoint`.
 * @throws BridgeError `transient` when a server went away: call again and it goes on where it stopped.
 */
export const runFeed = async <T>(run: FeedRun<T>): Promise<void> => {
  // An edit while running ends the pass over the source; the next pass begins where the edit says. So do other columns.
  for (let passes = 0; !run.signal.aborted; passes++) {
    const columns = await run.source.columns?.();
    const codec = await run.codec.open(run.topic, columns);
    const point = await resumePoint(run, codec, passes > 0);
    if (point === 'aborted') return;
    const { state, unsaved } = point;
    const reckon = reckoning(point, run.source);
    let current = state;
    let ends: EndOffsets = unsaved.ends;
    const stop = new AbortController();
    const signal = AbortSignal.any([run.signal, stop.signal]);
    const pass = async (batch: Batch<T>, readAt: Date): Promise<boolean> => {
      if (await run.positions.edited()) return false;
      if (batch.again !== undefined) {
        current = await readAgain(run, current, batch.again);
        await run.positions.save(current);
        return false;
      }
      const fresh = batch.values.filter((value) => !unsaved.has(run.topic.key(value), run.source.positionOf(value)));
      if (fresh.length > 0) {
        if (!(await run.stillOurs())) throw lockLost(run.name);
        run.onMarker?.('before-publish');
        ends = new Map([...ends, ...(await publishBatch(run, codec, fresh)).ends]);
        run.onMarker?.('after-ack');
      }
      const reckoned = reckon(current, batch, ends, readAt);
      current = reckoned.state;
      if (!reckoned.save) return true;
      if (!(await run.positions.save(current))) return false;
      run.onMarker?.('after-save');
      run.onPublished?.(fresh.length);
      return true;
    };
    const { position, doubtFrom } = state;
    const doubt = doubtFrom === undefined ? {} : { doubtFrom };
    const last = state.readAt === undefined ? {} : { last: { atMs: Date.parse(state.readAt), position, ...doubt } };
    const after = state.settled ?? position;
    try {
      const batches = run.source.read({ after, signal, ...(columns === undefined ? {} : { columns }), ...last });
      for await (const { batch, readAt } of prefetch(dated(batches, run.now))) {
        if (!(await pass(batch, readAt))) break;
        if (run.signal.aborted) break;
      }
    } finally {
      stop.abort();
    }
    if (run.signal.aborted) await run.positions.save({ ...current, clean: true });
  }
};
