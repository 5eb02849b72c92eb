import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { IncomingBatch, Subscribe, Subscription } from '../../core/broker.js';
import { delayOrAbort } from '../../core/delay.js';
import { BridgeError } from '../../core/errors.js';
import { partitionKey, type TopicPartition } from '../../core/topic.js';
import { kafkaError } from './errors.js';
import { incomingRecord } from './reader.js';

/** A killed worker's partitions stand still for this long. */
export const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 1_000;
const FETCH_WAIT_MS = 300;
const PARTITION_BYTES = 1024 * 1024;
const STOP_DEADLINE_MS = 4_000;

/** What one assignment gave this member. A batch of an older assignment is stale. */
type Assignment = { readonly wanted: Promise<ReadonlyMap<string, bigint>>; known?: ReadonlyMap<string, bigint> };

type Member = { assignment: Assignment | undefined; failure: unknown; lastHeartbeat: number; readonly over: AbortController };

const assignedPartitions = (assignment: Readonly<Record<string, readonly number[]>>): TopicPartition[] =>
  Object.entries(assignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));

const fail = (member: Member, error: unknown): void => {
  member.failure ??= error;
  member.over.abort();
};

/** kafkajs emits its join without waiting for us: the batches that follow wait for the promise kept here. */
const watch = (consumer: Consumer, member: Member, subscription: Subscription): void => {
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    member.lastHeartbeat = Date.now();
    const wanted = subscription.onAssigned(assignedPartitions(payload.memberAssignment));
    const assignment: Assignment = { wanted };
    member.assignment = assignment;
    wanted.then(
      (known) => {
        assignment.known = known;
      },
      (error: unknown) => fail(member, error),
    );
  });
  consumer.on(consumer.events.HEARTBEAT, () => {
    member.lastHeartbeat = Date.now();
  });
  // A crash does not reject run().
  consumer.on(consumer.events.CRASH, ({ payload }) =>
    fail(member, kafkaError(payload.error, `consuming as a member of ${subscription.group}`)),
  );
};

const incomingBatch = (consumer: Consumer, member: Member, payload: EachBatchPayload, from: bigint): IncomingBatch => {
  const { batch } = payload;
  const { assignment } = member;
  const { topic, partition } = batch;
  const fresh = batch.messages.filter(({ offset }) => BigInt(offset) >= from);
  return {
    topic,
    partition,
    records: fresh.map((message) => incomingRecord(message as Parameters<typeof incomingRecord>[0])),
    endOffset: BigInt(batch.highWatermark),
    isStale: () =>
      member.assignment !== assignment ||
      payload.isStale() ||
      Date.now() - member.lastHeartbeat > SESSION_TIMEOUT_MS - HEARTBEAT_MS,
    heartbeat: () => payload.heartbeat(),
    async commit(next) {
      await consumer.commitOffsets([{ topic, partition, offset: next.toString() }]);
      payload.resolveOffset((next - 1n).toString());
    },
  };
};

/** Waits for what the sink wants, alive in the group meanwhile. */
const wantedOffset = async (member: Member, payload: EachBatchPayload): Promise<bigint | undefined> => {
  const { assignment } = member;
  if (assignment === undefined) return undefined;
  if (assignment.known !== undefined) return assignment.known.get(partitionKey(payload.batch)) ?? 0n;
  const settled = assignment.wanted.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([settled, delayOrAbort(HEARTBEAT_MS, member.over.signal).then(() => false)]))) {
    if (member.over.signal.aborted) return undefined;
    await payload.heartbeat();
  }
  if (member.over.signal.aborted || member.assignment !== assignment) return undefined;
  return (await assignment.wanted).get(partitionKey(payload.batch)) ?? 0n;
};

const handle = async (
  consumer: Consumer,
  member: Member,
  subscription: Subscription,
  payload: EachBatchPayload,
): Promise<void> => {
  const wanted = await wantedOffset(member, payload);
  if (wanted === undefined) return;
  const { topic, partition } = payload.batch;
  const batch = incomingBatch(consumer, member, payload, wanted);
  if (batch.records.length === 0) {
    // The sink has these already: it was stopped between its write and the commit, which is made up for here.
    await batch.commit(wanted);
    if (wanted > BigInt(payload.batch.lastOffset()) + 1n) consumer.seek({ topic, partition, offset: wanted.toString() });
    return;
  }
  try {
    await subscription.onBatch(batch);
  } catch (error) {
    // Errors of kafkajs go back to kafkajs: it knows how to rejoin after a rebalance.
    if (!(error instanceof BridgeError)) throw error;
    fail(member, error);
  }
};

/** One membership, from joining to leaving. */
const takePart = async (kafka: Kafka, subscription: Subscription): Promise<void> => {
  const consumer = kafka.consumer({
    groupId: subscription.group,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: 3 * SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytesPerPartition: PARTITION_BYTES,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5, restartOnFailure: async () => false },
  });
  const member: Member = { assignment: undefined, failure: undefined, lastHeartbeat: Date.now(), over: new AbortController() };
  const over = AbortSignal.any([subscription.signal, member.over.signal]);
  watch(consumer, member, subscription);
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...subscription.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => handle(consumer, member, subscription, payload),
    });
    await new Promise<void>((resolve) => {
      if (over.aborted) resolve();
      over.addEventListener('abort', () => resolve(), { once: true });
    });
  } catch (error) {
    fail(member, kafkaError(error, `joining the consumer group ${subscription.group}`));
  } finally {
    await leave(consumer);
  }
  if (member.failure !== undefined) throw member.failure;
};

/** stop() waits for the batch in hand; a broker that is away must not hold the exit for ever. */
const leave = async (consumer: Consumer): Promise<void> => {
  const left = new AbortController();
  const stopped = consumer
    .disconnect()
    .catch(() => {})
    .finally(() => left.abort());
  await Promise.race([stopped, delayOrAbort(STOP_DEADLINE_MS, left.signal)]);
};

export const kafkaSubscribe =
  (kafka: Kafka): Subscribe =>
  async (subscription) => {
    if (!subscription.signal.aborted) await takePart(kafka, subscription);
  };
