import type { Kafka } from 'kafkajs';

export type FetchedMessage = Readonly<{
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Readonly<Record<string, Buffer | undefined>>;
  isControlRecord?: boolean;
}>;
type FetchResponse = Readonly<{
  responses: readonly Readonly<{ partitions: readonly Readonly<{ messages: readonly FetchedMessage[] }>[] }>[];
}>;
type Broker = Readonly<{
  fetch(request: object): Promise<FetchResponse>;
  offsetCommit(request: object): Promise<unknown>;
}>;

/** The parts of kafkajs' own cluster object that work apart from its producer and consumer. Not public; the version is pinned. */
export type Cluster = Readonly<{
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findBroker(at: { nodeId: string }): Promise<Broker>;
  findGroupCoordinator(of: { groupId: string }): Promise<Broker>;
}>;

/** @throws Error when kafkajs is another version than the pinned one */
export const newCluster = (kafka: Kafka): Cluster => {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster');
  const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol as symbol];
  if (create === undefined) throw new Error('kafkajs is not the version that this was written for (2.2.4)');
  return create({ metadataMaxAge: 60_000, allowAutoTopicCreation: false });
};
