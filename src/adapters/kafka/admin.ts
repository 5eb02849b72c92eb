import { AssignerProtocol, type Kafka } from 'kafkajs';
import { delayOrAbort } from '../../core/delay.js';
import { BridgeError } from '../../core/errors.js';
import type { TopicPartition } from '../../core/topic.js';
import { renewed } from './renewed.js';
import { copiesOf, type Replication } from './replication.js';

/** `maxMessageBytes`: the largest batch that it takes once it is created; without it the brokers' default. */
export type TopicSpec = Readonly<{ name: string; partitions: number; maxMessageBytes?: number }>;

export type GroupOffsets = ReadonlyMap<number, bigint>;

export type KafkaAdmin = Readonly<{
  /** Partition counts of the topics that are there. */
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Creates what is missing. Safe to run twice. @throws BridgeError `configuration` on another partition count */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;
  /** Partition -> committed offset; partitions without one are left out. */
  committed(group: string, topic: string): Promise<GroupOffsets>;
  /** The living members of a group, by client id, with what each is assigned. */
  members(group: string): Promise<ReadonlyMap<string, readonly TopicPartition[]>>;
  /** The cluster's id; undefined for the broker image's, which is the same everywhere. */
  clusterId(): Promise<string | undefined>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  deleteGroups(groups: readonly string[]): Promise<void>;
  close(): Promise<void>;
}>;

/** Kafka's docker image formats its storage with this id unless told otherwise: it tells nothing (apache/kafka docker/launch). */
const IMAGE_CLUSTER_ID = '5L6g3nShT-eMCtK--X86sw';

const wrongCount = (topic: string, found: number, wanted: number): BridgeError =>
  new BridgeError({
    code: 'TOPIC_PARTITIONS_DIFFER',
    kind: 'configuration',
    found: `Topic '${topic}' has ${found} partition${found === 1 ? '' : 's'}, the pipeline is made for ${wanted}: keys would move to other partitions and lose their order.`,
    fix: `Delete the topic and run 'rowbridge setup', or change the number: 'partitions' in the pipeline, or <FEED>_PARTITIONS in the environment.`,
  });

/** @throws BridgeError `configuration` when a topic has another partition count than it should */
export const checkPartitions = (specs: readonly TopicSpec[], counts: ReadonlyMap<string, number>): void => {
  for (const { name, partitions } of specs) {
    const found = counts.get(name);
    if (found !== undefined && found !== partitions) throw wrongCount(name, found, partitions);
  }
};

const GROUP_ID_NOT_FOUND = 69;

type DeleteGroupsError = Readonly<{ groups?: readonly Readonly<{ errorCode?: number }>[] }>;

/** Deleting a group that is not there is as good as deleting it. */
const forgivingMissing = async (call: () => Promise<unknown>): Promise<void> => {
  try {
    await call();
  } catch (error) {
    const { groups } = error as DeleteGroupsError;
    if (groups === undefined || !groups.every(({ errorCode }) => errorCode === GROUP_ID_NOT_FOUND)) throw error;
  }
};

const assignmentOf = (bytes: Buffer): TopicPartition[] => {
  const decoded = bytes.length === 0 ? null : AssignerProtocol.MemberAssignment.decode(bytes);
  const byTopic = Object.entries(decoded?.assignment ?? {});
  return byTopic.flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));
};

/** Administration of topics and groups. Connects on the first use. */
export const kafkaAdmin = (kafka: Kafka, replication: Partial<Replication> = {}): KafkaAdmin => {
  const { use: ask, close } = renewed(() => kafka.admin());

  const partitionCounts = (topics: readonly string[]): Promise<ReadonlyMap<string, number>> =>
    ask('reading the topics', async (admin) => {
      const there = new Set(await admin.listTopics());
      const known = topics.filter((topic) => there.has(topic));
      if (known.length === 0) return new Map<string, number>();
      const { topics: found } = await admin.fetchTopicMetadata({ topics: known });
      return new Map(found.map(({ name, partitions }) => [name, partitions.length]));
    });

  const ensureTopics = async (specs: readonly TopicSpec[]): Promise<void> => {
    const counts = await partitionCounts(specs.map(({ name }) => name));
    checkPartitions(specs, counts);
    const missing = specs.filter(({ name }) => !counts.has(name));
    if (missing.length === 0) return;
    await ask('creating topics', async (admin) => {
      const { brokers } = await admin.describeCluster();
      const { configEntries = [], ...copies } = copiesOf(replication, brokers.length);
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ name, partitions, maxMessageBytes }) => ({
          topic: name,
          numPartitions: partitions,
          ...copies,
          configEntries: [
            ...configEntries,
            ...(maxMessageBytes === undefined ? [] : [{ name: 'max.message.bytes', value: String(maxMessageBytes) }]),
          ],
        })),
      });
    });
  };

  return {
    partitionCounts,
    ensureTopics,
    committed: (group, topic) =>
      ask(`reading the offsets of group ${group}`, async (admin) => {
        const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
        const there = (found?.partitions ?? []).filter(({ offset }) => BigInt(offset) >= 0n);
        return new Map(there.map(({ partition, offset }) => [partition, BigInt(offset)]));
      }),
    members: (group) =>
      ask(`describing group ${group}`, async (admin) => {
        const { groups } = await admin.describeGroups([group]);
        const members = groups[0]?.members ?? [];
        return new Map(members.map(({ clientId, memberAssignment }) => [clientId, assignmentOf(memberAssignment)]));
      }),
    clusterId: () =>
      ask('reading the cluster id', async (admin) => {
        const { clusterId } = await admin.describeCluster();
        return clusterId === IMAGE_CLUSTER_ID ? undefined : clusterId;
      }),
    async deleteTopics(topics) {
      const there = [...(await partitionCounts(topics)).keys()];
      if (there.length === 0) return;
      await ask('deleting topics', (admin) => admin.deleteTopics({ topics: there }));
      // The broker answers before it has done it, and a topic of that name cannot be made until then.
      for (let look = 0; look < 100 && (await partitionCounts(there)).size > 0; look++)
        await delayOrAbort(100, new AbortController().signal);
    },
    deleteGroups: (groups) => ask('deleting groups', (admin) => forgivingMissing(() => admin.deleteGroups([...groups]))),
    close,
  };
};
