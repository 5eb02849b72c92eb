import type { Admin, Kafka } from 'kafkajs';
import { inTermsOf } from './errors.js';

/** kafkajs' ConfigResourceTypes.TOPIC, which cannot be imported by name. */
const TOPIC = 2;

/** What a topic is made of, as far as the safety of its records is concerned. */
export type TopicFacts = Readonly<{
  partitions: number;
  /** Copies of the partition that has the fewest. */
  replicas: number;
  minInsync: number;
  maxMessageBytes: number;
  uncleanElection: boolean;
}>;

/** The topics that are there. */
const topicFacts = async (admin: Admin, names: readonly string[]): Promise<ReadonlyMap<string, TopicFacts>> => {
  const all = new Set(await admin.listTopics());
  const there = names.filter((name) => all.has(name));
  if (there.length === 0) return new Map();
  const { topics } = await admin.fetchTopicMetadata({ topics: there });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: there.map((name) => ({ type: TOPIC, name })),
  });
  return new Map(
    topics.map(({ name, partitions }) => {
      const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
      const value = (key: string): string => entries.find(({ configName }) => configName === key)?.configValue ?? '';
      return [
        name,
        {
          partitions: partitions.length,
          replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
          minInsync: Number(value('min.insync.replicas')),
          maxMessageBytes: Number(value('max.message.bytes')),
          uncleanElection: value('unclean.leader.election.enable') === 'true',
        },
      ];
    }),
  );
};

export type ClusterFacts = Readonly<{ brokers: number; topics: ReadonlyMap<string, TopicFacts> }>;

/**
 * How many brokers there are, and those of the topics that exist.
 * @throws BridgeError `transient` when Kafka is away, `configuration` when it denies access
 */
export const clusterFacts = (kafka: Kafka, names: readonly string[]): Promise<ClusterFacts> =>
  inTermsOf('looking at the topics', async () => {
    const admin = kafka.admin();
    await admin.connect();
    try {
      const { brokers } = await admin.describeCluster();
      return { brokers: brokers.length, topics: await topicFacts(admin, names) };
    } finally {
      await admin.disconnect();
    }
  });
