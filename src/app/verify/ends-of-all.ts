import type { EndOffsets } from '../../core/broker.js';
import { BridgeError } from '../../core/errors.js';
import { type Reaching, reachableEnds } from '../../core/reachable-ends.js';

const transactionOpen = (topic: string): BridgeError =>
  new BridgeError({
    code: 'TRANSACTION_OPEN',
    kind: 'environment',
    found: `A transaction of another producer is open in topic '${topic}': the records behind its first one are held back from every worker.`,
    fix: 'Wait for its end (Kafka ends it after the transaction.timeout.ms of its producer), or give it longer: --wait SECONDS.',
  });

/**
 * Where a topic ends for workers, behind all that a feed has published by now.
 * @throws BridgeError `environment` when a transaction of another producer is still open when the time is up
 */
export const endsOfAll = async (reaching: Reaching): Promise<EndOffsets> => {
  const ends = await reachableEnds(reaching);
  reaching.signal.throwIfAborted();
  if (ends === undefined) throw transactionOpen(reaching.topic);
  return ends;
};
