import { randomUUID } from 'node:crypto';
import { checkPartitions } from '../adapters/kafka/admin.js';
import type { Config } from '../config.js';
import { type DeadLetterLimit, deadLetters } from '../core/dead-letters.js';
import { runGenerator } from '../core/generate.js';
import type { Log } from '../core/log.js';
import { keepTrying } from '../core/patience.js';
import type { GeneratorFeed } from '../core/pipeline.js';
import { deadLetterTopicOf } from '../core/topic.js';
import type { Clients } from './clients.js';

/** What a person asks of generators; what is not said is left to each of them. */
export type Generating = Readonly<{
  /** Events a second; 0 for as fast as it can. */
  rate?: number;
  /** Events for each topic; `null` for no end. */
  count?: number | null;
  seed: string;
  order: 'random' | 'file';
}>;

export const randomSeed = (): string => randomUUID().slice(0, 8);

export type GeneratorFeedOptions = Readonly<{
  config: Config;
  clients: Clients;
  definition: GeneratorFeed;
  generating: Generating;
  log: Log;
  signal: AbortSignal;
  wait: boolean;
  deadLetterLimit?: DeadLetterLimit | undefined;
  onPublished?(events: number): void;
}>;

/** How many events a feed will make; undefined for no end. */
export const countOf = ({ source }: GeneratorFeed, { count }: Generating): number | undefined =>
  count === null ? undefined : (count ?? source.count);

/** Microseconds of the wall clock: its milliseconds, made finer by the monotonic clock. */
const nowMicros = (): number => Math.floor((performance.timeOrigin + performance.now()) * 1000);

/**
 * Runs a generator into its topic, until its count is reached or the signal aborts.
 * @throws BridgeError `configuration` when a data file is not usable, `environment` with `wait` false when a server is away
 */
export const runGeneratorFeed = async (options: GeneratorFeedOptions): Promise<void> => {
  const { config, clients, definition, generating, log, signal, wait, onPublished } = options;
  const { source, topic } = definition;
  const { rate = source.eventsPerSecond, seed, order } = generating;
  const count = countOf(definition, generating);
  const forMs = wait ? {} : { forMs: 0 };
  const events = await source.open({ seed, dataDirectory: config.dataDirectory, order, nowMicros });
  const names = [topic.name, deadLetterTopicOf(topic.name)];
  const counts = await keepTrying(() => clients.admin.partitionCounts(names), { log, signal, ...forMs });
  if (counts === undefined) return;
  checkPartitions([topic], counts);
  log.info({ topic: topic.name, eventsPerSecond: Number(rate.toFixed(3)), count, seed }, 'generating');
  await runGenerator({
    topic,
    events,
    codec: clients.codec,
    publish: clients.publish,
    deadLetters: deadLetters(clients.publish, options.deadLetterLimit),
    eventsPerSecond: rate,
    ...(count === undefined ? {} : { count }),
    ...forMs,
    log,
    signal,
    ...(onPublished === undefined ? {} : { onAcknowledged: onPublished }),
  });
};
