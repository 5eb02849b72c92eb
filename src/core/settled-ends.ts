import type { EndOffsets, TopicReader } from './broker.js';
import { delayOrAbort } from './delay.js';

const SETTLE_MS = 1_000;

/** Whether a topic ends at the same offsets. */
export const sameEnds = (a: EndOffsets, b: EndOffsets): boolean =>
  a.size === b.size && [...a].every(([partition, end]) => b.get(partition) === end);

export type Settling = Readonly<{ reader: TopicReader; topic: string; signal: AbortSignal; settleMs?: number | undefined }>;

/**
 * Where a topic ends, with what rowbridge itself has put there, once it has stood still: the last request of a killed process may still wait inside the broker.
 * Undefined when the signal aborted.
 */
export const settledEnds = async (
  { reader, topic, signal, settleMs = SETTLE_MS }: Settling,
  first?: EndOffsets,
): Promise<EndOffsets | undefined> => {
  // A record that waits for a replica is there, but cannot be seen.
  await reader.inSyncAnswer(topic);
  let ends = first ?? (await reader.endOffsets(topic, 'own'));
  while (await delayOrAbort(settleMs, signal)) {
    const again = await reader.endOffsets(topic, 'own');
    if (sameEnds(ends, again)) return again;
    ends = again;
  }
  return undefined;
};
