import type { Reading } from '../../core/broker.js';
import type { FetchedMessage, FetchedPartition } from './cluster.js';

const withoutAborted = ({ messages, abortedTransactions = [] }: FetchedPartition): readonly FetchedMessage[] => {
  if (abortedTransactions.length === 0) return messages;
  const coming = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, first: BigInt(firstOffset) }))
    .sort((a, b) => (a.first < b.first ? -1 : 1));
  /** Producers in an aborted transaction: of one that began at its first record, and whose mark has not come. */
  const aborting = new Set<string>();
  return messages.filter(({ offset, isControlRecord, batchContext }) => {
    for (let next = coming[0]; next !== undefined && next.first <= BigInt(offset); next = coming[0]) {
      aborting.add(next.producerId);
      coming.shift();
    }
    if (batchContext?.inTransaction !== true) return true;
    if (isControlRecord === true) aborting.delete(batchContext.producerId);
    return !aborting.has(batchContext.producerId);
  });
};

/**
 * The records of a fetch that a reading means. A fetch of what is committed also brings aborted records and says of which
 * transactions; kafkajs' own filter lets some through where several of them overlap.
 */
export const recordsMeant = (fetched: FetchedPartition, reading: Reading): readonly FetchedMessage[] => {
  const ofReading =
    reading === 'committed'
      ? withoutAborted(fetched)
      : fetched.messages.filter(({ batchContext }) => batchContext?.inTransaction !== true);
  return ofReading.filter(({ isControlRecord }) => isControlRecord !== true);
};
