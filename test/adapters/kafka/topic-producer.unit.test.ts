import { Kafka, logLevel } from 'kafkajs';
import { createClusterSymbol } from '../../../src/adapters/kafka/cluster.js';
import type { ProduceArguments } from '../../../src/adapters/kafka/produce-request.js';
import type { Slice } from '../../../src/adapters/kafka/rounds.js';
import { topicProducer } from '../../../src/adapters/kafka/topic-producer.js';

const { KafkaJSProtocolError } = require('kafkajs/src/errors') as { KafkaJSProtocolError: new (error: object) => Error };

const refusal = (type: string, retriable = true): Error =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 6, retriable }));

type Sent = Readonly<{ node: number; partition: number; sequence: number }>;
type World = {
  leaders: number[];
  /** What a broker does with a request, before it takes it. */
  fate(node: number, attempt: number): Promise<void>;
  sent: Sent[];
};

/** A client of kafkajs over a cluster in memory; only the producer's way is there. */
const clientOf = (world: World): Kafka => {
  let attempts = 0;
  const ends = new Map<number, number>();
  const seen = new Map<string, number>();
  const brokerOf = (node: number) => ({
    nodeId: String(node),
    lookupRequest: () => () => ({ request: { apiVersion: 99 } }),
    initProducerId: async () => ({ producerId: '7', producerEpoch: 0 }),
    async produce({ topicData }: ProduceArguments) {
      attempts += 1;
      const attempt = attempts;
      const [data] = topicData;
      await world.fate(node, attempt);
      const partitions = (data?.partitions ?? []).map(({ partition, firstSequence, messages }) => {
        const at = Number(partition);
        world.sent.push({ node, partition: at, sequence: firstSequence });
        // As an idempotent broker does: a sequence that it has is answered as before, one that is too high is refused.
        const known = seen.get(`${at}/${firstSequence}`);
        if (known !== undefined) return { partition: at, baseOffset: String(known) };
        const end = ends.get(at) ?? 0;
        if (firstSequence > end) throw refusal('OUT_OF_ORDER_SEQUENCE_NUMBER', false);
        seen.set(`${at}/${firstSequence}`, end);
        ends.set(at, end + messages.length);
        return { partition: at, baseOffset: String(end) };
      });
      return { topics: [{ topicName: data?.topic ?? '', partitions }] };
    },
  });
  const brokers = new Map(world.leaders.map((node) => [String(node), brokerOf(node)]));
  const cluster = {
    connect: async () => {},
    disconnect: async () => {},
    isConnected: () => true,
    removeBroker: () => {},
    refreshMetadata: async () => {},
    refreshMetadataIfNecessary: async () => {},
    addMultipleTargetTopics: async () => {},
    findControllerBroker: async () => brokers.values().next().value,
    findTopicPartitionMetadata: () => world.leaders.map((leader, partitionId) => ({ leader, partitionId })),
    findLeaderForPartitions: (_topic: string, partitions: readonly (string | number)[]) => {
      const found: Record<string, number[]> = {};
      for (const partition of partitions) {
        const leader = world.leaders[Number(partition)] as number;
        found[leader] = [...(found[leader] ?? []), Number(partition)];
      }
      return found;
    },
    findBroker: async ({ nodeId }: { nodeId: string }) => brokers.get(String(nodeId)),
  };
  const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING });
  Object.defineProperty(kafka, createClusterSymbol(kafka), { value: () => cluster });
  return kafka;
};

const slice = (partition: number, records = 3): Slice => ({
  partition,
  records: Array.from({ length: records }, (_, n) => ({ key: null, value: Buffer.from([n]) })),
});
const always = () => true;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const worldWith = (fate: World['fate']): World => ({ leaders: [1, 2], fate, sent: [] });

describe('a send over two brokers', () => {
  it('is each partition once, under its base offset', async () => {
    const world = worldWith(async () => {});
    const { send } = topicProducer(clientOf(world), 't');
    expect(await send([slice(0), slice(1)], always)).toEqual(
      new Map([
        [0, 0n],
        [1, 0n],
      ]),
    );
    expect(await send([slice(0), slice(1)], always)).toEqual(
      new Map([
        [0, 3n],
        [1, 3n],
      ]),
    );
  });

  it('does not send again what one broker has acknowledged, although its partition has moved to the one that failed', async () => {
    const world = worldWith(async (node) => {
      if (node === 1 || world.leaders[0] === 2) return;
      await pause(20);
      // Broker 1 has acknowledged partition 0; before the send is repeated, broker 2 leads both.
      world.leaders = [2, 2];
      throw refusal('NOT_LEADER_FOR_PARTITION');
    });
    const client = clientOf(world);
    expect(await topicProducer(client, 't').send([slice(0), slice(1)], always)).toEqual(
      new Map([
        [0, 0n],
        [1, 0n],
      ]),
    );
    expect(world.sent.map(({ node, partition }) => `${node}/${partition}`)).toEqual(['1/0', '2/1']);
  });

  it('sends what one broker refused to the other that leads it now, although that one has answered already', async () => {
    const world = worldWith(async (node) => {
      if (node === 1) return;
      world.leaders = [1, 1];
      throw refusal('NOT_LEADER_FOR_PARTITION');
    });
    expect(await topicProducer(clientOf(world), 't').send([slice(0), slice(1)], always)).toEqual(
      new Map([
        [0, 0n],
        [1, 0n],
      ]),
    );
    expect(world.sent.map(({ node, partition }) => `${node}/${partition}`)).toEqual(['1/0', '1/1']);
  });

  it('waits for an answer that is still on its way before it sends again', async () => {
    const world = worldWith(async (node, attempt) => {
      if (attempt > 2) return;
      if (node === 1) await pause(400);
      else throw refusal('NOT_LEADER_FOR_PARTITION');
    });
    await topicProducer(clientOf(world), 't').send([slice(0), slice(1)], always);
    expect(world.sent.map(({ node, partition }) => `${node}/${partition}`)).toEqual(['1/0', '2/1']);
  });

  it('tries again with the same sequence numbers', async () => {
    const world = worldWith(async (_node, attempt) => {
      if (attempt === 3 || attempt === 4) throw refusal('NOT_ENOUGH_REPLICAS_AFTER_APPEND');
    });
    const { send } = topicProducer(clientOf(world), 't');
    await send([slice(0)], always);
    await send([slice(0)], always);
    expect(await send([slice(0)], always)).toEqual(new Map([[0, 6n]]));
    expect(world.sent.map(({ sequence }) => sequence)).toEqual([0, 3, 6]);
  });

  it('fails at once where another try cannot help', async () => {
    const world = worldWith(async () => {
      throw refusal('MESSAGE_TOO_LARGE', false);
    });
    await expect(topicProducer(clientOf(world), 't').send([slice(0)], always)).rejects.toThrow(/MESSAGE_TOO_LARGE/);
  });

  it.each(['the right to publish is lost', 'it is closed'])('stops trying when %s', async (why) => {
    let tries = 0;
    let allowed = true;
    const world = worldWith(async () => {
      tries += 1;
      if (why === 'it is closed') void producer.close();
      else allowed = false;
      throw refusal('NOT_ENOUGH_REPLICAS');
    });
    const producer = topicProducer(clientOf(world), 't');
    await expect(producer.send([slice(0)], () => allowed)).rejects.toMatchObject({
      code: 'PUBLISHING_STOPPED',
      kind: 'transient',
    });
    await pause(300);
    expect(tries).toBe(1);
  });
});
