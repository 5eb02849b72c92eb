import type { Kafka } from 'kafkajs';
import type { EndOffsets } from '../../core/broker.js';
import { newCluster } from './cluster.js';
import { inTermsOf } from './errors.js';

/** A commit of nobody: the broker takes it as long as the group has no members (as Java's Admin.alterConsumerGroupOffsets does). */
const NOBODY = { groupGenerationId: -1, memberId: '', retentionTime: -1 };

/**
 * Commits offsets for a group that has no members, without joining it.
 * @throws BridgeError `transient` when the group has members, or the broker is away: nothing is changed then
 */
export const commitOffsets = (kafka: Kafka, groupId: string, offsets: ReadonlyMap<string, EndOffsets>): Promise<void> =>
  inTermsOf(`committing offsets for group ${groupId}`, async () => {
    const cluster = newCluster(kafka);
    try {
      await cluster.connect();
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      const topics = [...offsets].map(([topic, partitions]) => ({
        topic,
        partitions: [...partitions].map(([partition, offset]) => ({ partition, offset: offset.toString(), metadata: '' })),
      }));
      await coordinator.offsetCommit({ ...NOBODY, groupId, topics });
    } finally {
      await cluster.disconnect();
    }
  });
