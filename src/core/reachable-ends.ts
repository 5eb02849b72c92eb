import type { EndOffsets, TopicReader } from './broker.js';
import { delayOrAbort } from './delay.js';

const LOOK_MS = 250;

export type Reaching = Readonly<{ reader: TopicReader; topic: string; waitMs: number; signal: AbortSignal }>;

/**
 * Where a topic ends for workers, once that is behind all that is acknowledged at the time of the call: an open transaction of another
 * producer holds back what stands behind its first record. Undefined when it is still open when the time is up, or the signal aborts.
 */
export const reachableEnds = async ({ reader, topic, waitMs, signal }: Reaching): Promise<EndOffsets | undefined> => {
  const own = await reader.endOffsets(topic, 'own');
  const deadline = performance.now() + waitMs;
  for (;;) {
    const ends = await reader.endOffsets(topic);
    if ([...own].every(([partition, end]) => (ends.get(partition) ?? 0n) >= end)) return ends;
    if (performance.now() >= deadline || !(await delayOrAbort(LOOK_MS, signal))) return undefined;
  }
};
