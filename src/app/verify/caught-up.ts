import type { EndOffsets } from '../../core/broker.js';
import { delayOrAbort } from '../../core/delay.js';
import type { Clients } from '../clients.js';

const LOOK_MS = 250;

const isPast = (committed: EndOffsets, ends: EndOffsets): boolean =>
  [...ends].every(([partition, end]) => end === 0n || (committed.get(partition) ?? 0n) >= end);

/**
 * Waits until a group has committed all records below the cutoff. Gives what it has committed, also when the time is up, the signal
 * aborts, or the group has no member that could go on.
 */
export const caughtUp = async (
  { admin }: Clients,
  of: Readonly<{ group: string; topic: string; ends: EndOffsets }>,
  waitMs: number,
  signal: AbortSignal,
): Promise<EndOffsets> => {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const committed = await admin.committed(of.group, of.topic);
    if (isPast(committed, of.ends) || performance.now() >= deadline) return committed;
    if ((await admin.members(of.group)).size === 0 || !(await delayOrAbort(LOOK_MS, signal))) return committed;
  }
};
