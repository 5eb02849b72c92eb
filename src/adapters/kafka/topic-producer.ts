import { type Kafka, type Message, Partitioners, type Producer } from 'kafkajs';
import { backoffMs, delayOrAbort } from '../../core/delay.js';
import { BridgeError } from '../../core/errors.js';
import { exactProducer, type ProduceAnswer } from './exact-producer.js';
import type { Slice } from './rounds.js';

/** A leader that died is replaced, and a replica that died is left out, some ten seconds after it was last heard of. */
const RETRY_MS = 25_000;
const LONGEST_PAUSE_MS = 1_000;
/** kafkajs refuses an idempotent producer that tries less than twice. No number of tries made is below this, and it is not below 1. */
const NO_RETRIES = Number.NaN;
const NEVER = new AbortController().signal;

/**
 * The two questions that `sendBatch` of kafkajs asks of its messages: is one without a value, and which go to which partition.
 * They are grouped already; kafkajs' own grouping copies all records of a partition for each of them.
 */
const grouped = (slices: readonly Slice[]): Message[] => {
  const perPartition = Object.fromEntries(slices.map(({ partition, records }) => [partition, records]));
  return { find: () => undefined, reduce: () => perPartition } as unknown as Message[];
};

const notAllowed = (topic: string): BridgeError =>
  new BridgeError({
    code: 'PUBLISHING_STOPPED',
    kind: 'transient',
    found: `Publishing to ${topic} was stopped: another producer may run its feed by now.`,
    fix: 'The feed goes on by itself once it is its turn again.',
  });

/** kafkajs was told to try once: it says of an error that another try could help by complaining about the number of tries. */
const worthAnotherTry = (error: unknown): boolean => (error as Error | null)?.name === 'KafkaJSNumberOfRetriesExceeded';

/** The idempotent producer of one topic. One send at a time. */
export type TopicProducer = Readonly<{
  /**
   * Sends one record batch a partition, each until it is acknowledged: partition -> base offset.
   * @throws unknown outcome: the producer must not be used again, its sequence numbers may disagree with what the broker took
   */
  send(slices: readonly Slice[], allowed: () => boolean): Promise<ReadonlyMap<number, bigint>>;
  close(): Promise<void>;
}>;

/**
 * kafkajs tries once, and what it sends again is chosen here. By itself it repeats a send by broker: where a partition has moved to
 * another broker meanwhile, that one gets records again that the first has acknowledged, or never gets what the first refused.
 */
export const topicProducer = (kafka: Kafka, topic: string): TopicProducer => {
  let opening: Promise<Producer> | undefined;
  let over = false;
  let mayLeave = (): boolean => true;
  let acknowledged = new Map<number, bigint>();
  const inFlight = new Set<Promise<void>>();

  const record = ({ topics }: ProduceAnswer): void => {
    for (const { partitions } of topics)
      for (const { partition, baseOffset } of partitions)
        if (BigInt(baseOffset) >= 0n) acknowledged.set(partition, BigInt(baseOffset));
  };

  const onProduce = (answer: Promise<ProduceAnswer>): void => {
    const settled = answer.then(record, () => {});
    inFlight.add(settled);
    void settled.finally(() => inFlight.delete(settled));
  };

  const beforeLeaving = (): void => {
    if (over || !mayLeave()) throw notAllowed(topic);
  };

  const open = async (): Promise<Producer> => {
    const config = {
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: NO_RETRIES },
    };
    const producer = exactProducer(kafka, config, undefined, { onProduce, beforeLeaving });
    await producer.connect();
    return producer;
  };

  const send: TopicProducer['send'] = async (slices, allowed) => {
    mayLeave = allowed;
    acknowledged = new Map();
    opening ??= open();
    const producer = await opening;
    const until = performance.now() + RETRY_MS;
    for (let attempt = 0; ; attempt++) {
      const pending = slices.filter(({ partition }) => !acknowledged.has(partition));
      if (pending.length === 0) return acknowledged;
      try {
        await producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages: grouped(pending) }] });
      } catch (error) {
        // An answer that is still on its way decides what has to be sent again.
        await Promise.all(inFlight);
        if (over || !allowed()) throw notAllowed(topic);
        if (!worthAnotherTry(error) || performance.now() > until) throw error;
        await delayOrAbort(Math.min(100 + backoffMs(attempt), LONGEST_PAUSE_MS), NEVER);
        continue;
      }
      const silent = pending.find(({ partition }) => !acknowledged.has(partition));
      if (silent !== undefined) throw new Error(`no base offset for partition ${silent.partition}`);
    }
  };

  return {
    send,
    async close() {
      over = true;
      await opening?.then((producer) => producer.disconnect()).catch(() => {});
    },
  };
};
