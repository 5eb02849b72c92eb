import { delayOrAbort } from '../core/delay.js';
import type { Log } from '../core/log.js';

type Watched = Readonly<{
  topic: Readonly<{ name: string; partitions: number }>;
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  log: Log;
  signal: AbortSignal;
  everyMs?: number;
}>;

const EVERY_MS = 15_000;

/**
 * Warns once when a topic gets more partitions while a feed runs: this feed keeps to those it knows, so its keys stay where they are,
 * but any other producer's move. Resolves when the signal aborts; a broker that is away is asked again later.
 */
export const watchPartitions = async ({ topic, partitionCounts, log, signal, everyMs = EVERY_MS }: Watched): Promise<void> => {
  const { name, partitions } = topic;
  while (await delayOrAbort(everyMs, signal)) {
    const found = (await partitionCounts([name]).catch(() => new Map<string, number>())).get(name) ?? partitions;
    if (found === partitions) continue;
    log.warn(
      { topic: name, partitions: found, expected: partitions },
      'the topic has another number of partitions now: keys of other producers move, and the next start is refused',
    );
    return;
  }
};
