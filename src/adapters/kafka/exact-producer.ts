import type { Kafka, Producer, ProducerConfig } from 'kafkajs';
import { createClusterSymbol } from './cluster.js';
import { encodeProduce, type ProduceArguments } from './produce-request.js';

/** The parts of kafkajs that a producer passes through on its way to the wire. Not public; the version is pinned. */
type Request = Readonly<{ apiVersion: number; encode(): Promise<unknown> }>;
type MakeRequest = (request: ProduceArguments) => Readonly<{ request: Request; response: unknown }>;
type LookupRequest = (apiKey: number, definition: unknown) => MakeRequest;
type Broker = { lookupRequest: LookupRequest; produce(request: ProduceArguments): Promise<ProduceAnswer> };
type Cluster = { findBroker(at: Readonly<{ nodeId: string }>): Promise<Broker> };
type CreateCluster = (options: object) => Cluster;

/** A broker's answer, in kafkajs' terms. It has no errors in it: one partition's error makes it throw. */
export type ProduceAnswer = Readonly<{
  topics: readonly Readonly<{
    topicName: string;
    partitions: readonly Readonly<{ partition: number; baseOffset: string }>[];
  }>[];
}>;

/** What the caller wants to know of each Produce request. */
export type ProduceHooks = Readonly<{
  /** Handed the answer of each request when the request is made. */
  onProduce(answer: Promise<ProduceAnswer>): void;
  /** Called when the request is encoded and about to leave; it throws where it must not. */
  beforeLeaving(): void;
}>;

const NO_HOOKS: ProduceHooks = { onProduce: () => {}, beforeLeaving: () => {} };

/** The versions of the request that are laid out as `encodeProduce` does it. */
const laidOutAlike = ({ apiVersion }: Request): boolean => apiVersion >= 3 && apiVersion <= 7;

const withExactEncoder =
  (make: MakeRequest, { beforeLeaving }: ProduceHooks): MakeRequest =>
  (args) => {
    const made = make(args);
    if (!laidOutAlike(made.request)) return made;
    const encode = async () => {
      const buffer = encodeProduce(args, Date.now());
      beforeLeaving();
      // As much of kafkajs' Encoder as its envelope asks for.
      return { buf: buffer, buffer };
    };
    return { ...made, request: { ...made.request, encode } };
  };

/** Changes this one broker object. kafkajs keeps brokers apart by identity, so it has to stay the same object. */
const encodeExactly = (broker: Broker, hooks: ProduceHooks): void => {
  const produce = broker.produce;
  broker.produce = (request) => {
    // A broker finds its request makers anew with each connection.
    const lookupRequest: LookupRequest = (apiKey, definition) =>
      withExactEncoder(broker.lookupRequest(apiKey, definition), hooks);
    const answer = produce.call(Object.create(broker, { lookupRequest: { value: lookupRequest } }), request);
    hooks.onProduce(answer);
    return answer;
  };
};

const exactCluster = (cluster: Cluster, hooks: ProduceHooks): Cluster => {
  const changed = new WeakSet<Broker>();
  const findBroker = cluster.findBroker.bind(cluster);
  cluster.findBroker = async (at) => {
    const broker = await findBroker(at);
    if (!changed.has(broker)) encodeExactly(broker, hooks);
    changed.add(broker);
    return broker;
  };
  return cluster;
};

/**
 * A producer of kafkajs whose batches are written by `encodeProduce`; everything else (metadata, sequence numbers, retries) is
 * kafkajs' own. Other clients of the same `Kafka` are as they were.
 * @throws BridgeError `environment` when the installed kafkajs is another version than the one that this was written for
 */
export const exactProducer = (kafka: Kafka, config: ProducerConfig, version?: string, hooks = NO_HOOKS): Producer => {
  const symbol = createClusterSymbol(kafka, version);
  const create = (kafka as unknown as Readonly<Record<symbol, CreateCluster>>)[symbol] as CreateCluster;
  const exact: Kafka = Object.create(kafka, { [symbol]: { value: (options: object) => exactCluster(create(options), hooks) } });
  return exact.producer(config);
};
