import type { KafkaAdmin } from '../adapters/kafka/admin.js';
import { commitOffsets } from '../adapters/kafka/commit-offsets.js';
import { SESSION_TIMEOUT_MS } from '../adapters/kafka/subscribe.js';
import type { Beginning, EndOffsets } from '../core/broker.js';
import { delayOrAbort } from '../core/delay.js';
import { BridgeError } from '../core/errors.js';
import type { Clients } from './clients.js';

const LOOK_MS = 250;

const active = (group: string): BridgeError =>
  new BridgeError({
    code: 'GROUP_ACTIVE',
    kind: 'environment',
    found: `The consumer group '${group}' has running members.`,
    fix: 'Stop them first: only a group without members can begin somewhere else.',
  });

/** A member that was killed counts as running until its session is over. */
const untilEmpty = async (admin: KafkaAdmin, group: string, signal: AbortSignal, withinMs: number): Promise<void> => {
  const deadline = Date.now() + withinMs;
  while ((await admin.members(group)).size > 0) {
    if (Date.now() > deadline) throw active(group);
    if (!(await delayOrAbort(LOOK_MS, signal))) return;
  }
};

/**
 * Makes a group begin at one end of its topics, whatever it has committed.
 * @throws BridgeError `environment` when the group has members, `transient` when Kafka is away: nothing is changed then
 */
export const rewind = async (
  clients: Pick<Clients, 'kafka' | 'admin' | 'reader'>,
  group: string,
  topics: readonly string[],
  to: Beginning,
  signal: AbortSignal,
  emptyWithinMs = SESSION_TIMEOUT_MS + 2_000,
): Promise<void> => {
  const committed = await Promise.all(topics.map((topic) => clients.admin.committed(group, topic)));
  // A group that has committed nothing begins at the beginning by itself.
  if (to === 'beginning' && committed.every(({ size }) => size === 0)) return;
  await untilEmpty(clients.admin, group, signal, emptyWithinMs);
  if (signal.aborted) return;
  const { startOffsets, endOffsets } = clients.reader;
  const offsets = new Map<string, EndOffsets>();
  for (const topic of topics) offsets.set(topic, await (to === 'beginning' ? startOffsets(topic) : endOffsets(topic)));
  await commitOffsets(clients.kafka, group, offsets);
};
