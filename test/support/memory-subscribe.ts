import type { IncomingBatch, Subscribe } from '../../src/core/broker.js';
import { partitionKey } from '../../src/core/topic.js';
import type { MemoryBroker } from './memory-broker.js';

export type MemoryGroup = Readonly<{
  subscribe: Subscribe;
  committed: Map<number, bigint> /** Makes batches stale. */;
  takeAway(): void;
}>;

/** A group with one member that owns every partition: hands on what is not committed, partition by partition, then ends. */
export const memoryGroup = (
  broker: MemoryBroker,
  topic: string,
  partitions: number,
  committed = new Map<number, bigint>(),
): MemoryGroup => {
  let stale = false;
  const subscribe: Subscribe = async ({ onAssigned, onBatch, signal }) => {
    const assigned = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    const wanted = await onAssigned(assigned);
    for (const at of assigned) {
      if (signal.aborted) return;
      const from = [committed.get(at.partition) ?? 0n, wanted.get(partitionKey(at)) ?? 0n].reduce((a, b) => (a > b ? a : b));
      const all = broker.records(topic, at.partition);
      const records = all.filter(({ offset, isMark }) => offset >= from && isMark !== true);
      if (records.length === 0) continue;
      const batch: IncomingBatch = {
        ...at,
        records,
        endOffset: BigInt(all.length),
        isStale: () => stale,
        heartbeat: async () => {},
        commit: async (next) => void committed.set(at.partition, next),
      };
      await onBatch(batch);
    }
  };
  return { subscribe, committed, takeAway: () => (stale = true) };
};
