import type { EndOffsets } from '../../core/broker.js';
import { delayOrAbort } from '../../core/delay.js';
import { hasReadAll } from '../../core/unread.js';
import type { Clients } from '../clients.js';

const LOOK_MS = 250;

/**
 * Waits until a group has committed all records below the cutoff. Gives what it has committed, also when the time is up, the signal
 * aborts, or the group has no member that could go on.
 */
export const caughtUp = async (
  { admin, reader }: Pick<Clients, 'admin' | 'reader'>,
  of: Readonly<{ group: string; topic: string; ends: EndOffsets }>,
  waitMs: number,
  signal: AbortSignal,
): Promise<EndOffsets> => {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const committed = await admin.committed(of.group, of.topic);
    if ((await hasReadAll(reader, of.topic, { committed, ends: of.ends })) || performance.now() >= deadline) return committed;
    if ((await admin.members(of.group)).size === 0 || !(await delayOrAbort(LOOK_MS, signal))) return committed;
  }
};
