import type { SinkParts } from '../../core/pipeline.js';
import { partitionKey, type TopicPartition } from '../../core/topic.js';
import { furthest, readCarried } from './carried.js';
import { endRivalry } from './claims.js';
import { type Lanes, lanesFor } from './encode-batch.js';
import { logFenced } from './log-errors.js';
import type { Opened } from './open-instance.js';
import { allPoints, nextOf, ofTheseTopics, topicPartitionOf } from './resume-points.js';
import { setRotatedAside } from './rotation.js';
import { logPath, type Surroundings } from './surroundings.js';

/** From which offsets on a worker may log: of what it asked about, and of all that it may log. */
export type Resumed = Readonly<{ next: ReadonlyMap<string, bigint>; lanes: Lanes }>;

const MOST_TRIES = 10;

/** The partitions that a worker has claimed, but for those that somebody else has claimed since. */
export const stillClaimed = async ({ claim, others }: Opened): Promise<readonly TopicPartition[]> => {
  const taken = await others.claimed();
  return taken === 'all' ? [] : [...claim.partitions].filter((key) => !taken.has(key)).map(topicPartitionOf);
};

/** A worker in the middle of a batch asks again for that batch's partition only: the others that it had stay claimed. */
const wantedBy = async (opened: Opened, assigned: readonly TopicPartition[]): Promise<ReadonlySet<string>> => {
  const asked = assigned.map(partitionKey);
  if (asked.length !== 1 || opened.claim.partitions.size <= 1) return new Set(asked);
  return new Set([...asked, ...(await stillClaimed(opened)).map(partitionKey)]);
};

/** Sets aside what is of a topic that was made anew; what it holds of topics that were not is still logged. */
const ownNext = async (
  s: Surroundings,
  { log, directory }: Opened,
  read: SinkParts['readRecordTimestamp'],
): Promise<ReadonlyMap<string, bigint>> => {
  const inLog = await ofTheseTopics(read, (await log.open()).offsets);
  const carried = await readCarried(s.files, directory);
  // What is behind a line of the log need not be looked at.
  const further = new Map([...carried].filter(([key, { offset }]) => offset > (inLog.still.get(key)?.offset ?? -1n)));
  const before = await ofTheseTopics(read, further);
  if (!before.sameTopics) await setRotatedAside(s, directory, furthest(inLog.still, before.still));
  if (!inLog.sameTopics) {
    const setAside = await log.setAside();
    s.log.warn({ file: logPath(directory), setAside }, 'the topic was made anew: the old log is set aside and a new one begun');
  }
  return nextOf(furthest(inLog.still, before.still));
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
