import type { Publish } from './broker.js';
import type { Codec } from './codec.js';
import type { DeadLetters } from './dead-letters.js';
import type { Log } from './log.js';
import { turns } from './pace.js';
import { keepTrying } from './patience.js';
import { publishBatch } from './publish-batch.js';
import type { Topic } from './topic.js';

/** Simulated events into one topic, and all that it takes to run it. */
export type GeneratorRun<T> = Readonly<{
  topic: Topic<T>;
  events: Iterator<T, never>;
  codec: Codec;
  publish: Publish;
  /** Without it any number of dead letters is written. */
  deadLetters?: DeadLetters;
  /** 0 for as fast as the broker takes them. */
  eventsPerSecond: number;
  /** Ends after this many; undefined for no end. */
  count?: number;
  /** How long a server that is away is waited for; undefined for ever. */
  forMs?: number;
  log: Log;
  signal: AbortSignal;
  /** Called with each batch's number of events when all of them are acknowledged. */
  onAcknowledged?(events: number): void;
}>;

/** So many travel at once when nothing holds them back. */
const MOST_EVENTS = 5_000;

const take = <T>(events: Iterator<T, never>, count: number): T[] => Array.from({ length: count }, () => events.next().value);

/**
 * Publishes events until the count is reached or the signal aborts; the batch in hand is acknowledged first.
 * Each event is in the topic at least once: where an acknowledgement was lost, its batch is sent again.
 * @throws BridgeError `environment` when a server stays away beyond `forMs`
 */
export const runGenerator = async <T>(run: GeneratorRun<T>): Promise<void> => {
  const { events, eventsPerSecond, count = Number.POSITIVE_INFINITY, log, signal, forMs } = run;
  const patience = { log, signal, ...(forMs === undefined ? {} : { forMs }) };
  const codec = await keepTrying(() => run.codec.open(run.topic), patience);
  if (codec === undefined) return;
  const next = turns(eventsPerSecond, signal);
  for (let made = 0; made < count; ) {
    const due = await next(Math.min(MOST_EVENTS, count - made));
    if (due === 0) return;
    const values = take(events, due);
    made += due;
    const published = await keepTrying(() => publishBatch(run, codec, values), patience);
    if (published === undefined) return;
    run.onAcknowledged?.(published.acknowledged);
  }
};
