import { createRequire } from 'node:module';
import type { Kafka } from 'kafkajs';
import { BridgeError } from '../../core/errors.js';

export type FetchedMessage = Readonly<{
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Readonly<Record<string, Buffer | undefined>>;
  isControlRecord?: boolean;
  batchContext?: Readonly<{ producerId: string; inTransaction: boolean }>;
}>;
export type FetchedPartition = Readonly<{
  messages: readonly FetchedMessage[];
  /** Those that reach into what was fetched; only for who asks for what is committed. */
  abortedTransactions?: readonly Readonly<{ producerId: string; firstOffset: string }>[];
}>;
type FetchResponse = Readonly<{ responses: readonly Readonly<{ partitions: readonly FetchedPartition[] }>[] }>;
type TopicOffsets = Readonly<{ topic: string; partitions: readonly Readonly<{ partition: number; offset: string }>[] }>;
type Broker = Readonly<{
  fetch(request: object): Promise<FetchResponse>;
  offsetCommit(request: object): Promise<unknown>;
  metadata(topics: readonly string[]): Promise<unknown>;
}>;

/** The parts of kafkajs' own cluster object that work apart from its producer and consumer. Not public; the version is pinned. */
export type Cluster = Readonly<{
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly Readonly<{ partitionId: number; isr: readonly number[] }>[];
  /** With their ends at the high watermark. */
  fetchTopicsOffset(of: readonly object[]): Promise<readonly TopicOffsets[]>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findBroker(at: { nodeId: string }): Promise<Broker>;
  findGroupCoordinator(of: { groupId: string }): Promise<Broker>;
}>;

/** Kafka's isolation levels, as a fetch or a look at the offsets names them. */
export const READ_UNCOMMITTED = 0;
export const READ_COMMITTED = 1;

/** The only version whose inner parts are known. */
const KAFKAJS_VERSION = '2.2.4';

const unknownVersion = (version: string): BridgeError =>
  new BridgeError({
    code: 'KAFKAJS_VERSION',
    kind: 'environment',
    found: `kafkajs ${version} is installed; rowbridge uses inner parts of ${KAFKAJS_VERSION}, which may differ there.`,
    fix: "Run 'npm ci', which installs the versions of the lock file.",
  });

const installedVersion = (): string =>
  (createRequire(import.meta.url)('kafkajs/package.json') as Readonly<{ version: string }>).version;

/**
 * The name of the method by which a `Kafka` of kafkajs makes its clusters.
 * @throws BridgeError `environment` when the installed kafkajs is another version than the pinned one
 */
export const createClusterSymbol = (kafka: Kafka, version = installedVersion()): symbol => {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster');
  if (version !== KAFKAJS_VERSION || symbol === undefined) throw unknownVersion(version);
  return symbol;
};

/** @throws BridgeError `environment` when the installed kafkajs is another version than the pinned one */
export const newCluster = (kafka: Kafka): Cluster => {
  const make = kafka as unknown as Readonly<Record<symbol, (options: object) => Cluster>>;
  const create = make[createClusterSymbol(kafka)] as (options: object) => Cluster;
  return create({ metadataMaxAge: 60_000, allowAutoTopicCreation: false, isolationLevel: READ_UNCOMMITTED });
};
