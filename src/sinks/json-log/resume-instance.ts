import type { SinkParts } from '../../core/pipeline.js';
import { partitionKey, type TopicPartition } from '../../core/topic.js';
import { endRivalry } from './claims.js';
import { type Lanes, lanesFor } from './encode-batch.js';
import { logFenced } from './log-errors.js';
import type { Opened } from './open-instance.js';
import { allPoints, ownPoints, topicPartitionOf } from './resume-points.js';
import { logPath, type Surroundings } from './surroundings.js';

/** From which offsets on a worker may log: of what it asked about, and of all that it may log. */
export type Resumed = Readonly<{ next: ReadonlyMap<string, bigint>; lanes: Lanes }>;

const MOST_TRIES = 10;

/**
 * A worker in the middle of a batch asks again for that batch's partition only: the others that it had stay claimed,
 * but for those that somebody else has claimed since.
 */
const wantedBy = async ({ claim, others }: Opened, assigned: readonly TopicPartition[]): Promise<ReadonlySet<string>> => {
  const asked = assigned.map(partitionKey);
  if (asked.length !== 1 || claim.partitions.size <= 1) return new Set(asked);
  const taken = await others.claimed();
  const kept = taken === 'all' ? [] : [...claim.partitions].filter((key) => !taken.has(key));
  return new Set([...asked, ...kept]);
};

/** Sets the log aside when a topic in it was made anew; what it holds of topics that were not is still logged. */
const ownNext = async (
  s: Surroundings,
  { log, directory }: Opened,
  read: SinkParts['readRecordTimestamp'],
): Promise<ReadonlyMap<string, bigint>> => {
  const { next, sameTopics } = await ownPoints(read, await log.open());
  if (sameTopics) return next;
  const setAside = await log.setAside();
  s.log.warn({ file: logPath(directory), setAside }, 'the topic was made anew: the old log is set aside and a new one begun');
  return next;
};

/**
 * Finds out what is logged of the assigned partitions, once nobody else can log them any more.
 * The order is what makes it sound: the log is open before the claim stands, so that a fence made because of the claim hits it;
 * and the claim stands before the others' claims and logs are read.
 * @throws BridgeError `transient` when others kept coming in between, `environment` when the log was lost to another process
 */
export const resumeInstance = async (
  s: Surroundings,
  opened: Opened,
  read: SinkParts['readRecordTimestamp'],
  assigned: readonly TopicPartition[],
): Promise<Resumed> => {
  const { directory, lock, claim, log, others } = opened;
  const wanted = await wantedBy(opened, assigned);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const own = await ownNext(s, opened, read);
    await log.open();
    await claim.make(wanted);
    await lock.confirm();
    const logs = await others.read(wanted);
    await endRivalry(s, directory, { token: lock.token, wanted: 'all' }, 0);
    const next = await allPoints(read, wanted, own, logs);
    if (!(await log.isOurs())) continue;
    const asked = assigned.map(partitionKey);
    const answer = new Map([...next].filter(([key]) => asked.includes(key)));
    return { next: answer, lanes: lanesFor([...wanted].map(topicPartitionOf), next) };
  }
  throw logFenced(logPath(directory));
};
