import type { EndOffsets, TopicReader } from './broker.js';
import type { TopicPartition } from './topic.js';

/** Partition -> offset, of what a group has committed and of where a topic's records begin and end. */
export type Progress = Readonly<{ committed: EndOffsets; starts: EndOffsets; ends: EndOffsets }>;

/**
 * Partition -> how many offsets a group has left to read up to an end. It begins where it has committed, or at the first record that
 * the topic still holds: what retention has removed is not waited for.
 */
export const unread = ({ committed, starts, ends }: Progress): ReadonlyMap<number, bigint> =>
  new Map(
    [...ends].map(([partition, end]) => {
      const [next = 0n, start = 0n] = [committed.get(partition), starts.get(partition)];
      const from = next > start ? next : start;
      return [partition, end > from ? end - from : 0n];
    }),
  );

/**
 * Whether there is a record for workers between two offsets. There may be none: the marks of transactions and what was aborted have
 * offsets too, which nobody is handed and so nobody commits.
 */
export const holdsRecord = async (reader: TopicReader, at: TopicPartition, from: bigint, to: bigint): Promise<boolean> => {
  // Mostly the next record stands right there, and asking for one is cheap.
  for (const end of from < to ? [from + 1n, to] : [])
    for await (const records of reader.readRange(at, from, end)) if (records.length > 0) return true;
  return false;
};

type Committed = Pick<Progress, 'committed' | 'ends'>;

/** Each partition of a topic and how many offsets a group has left to read of it; none where there is no record for it any more. */
export async function* leftToRead(reader: TopicReader, topic: string, { committed, ends }: Committed) {
  const starts = await reader.startOffsets(topic);
  for (const [partition, left] of unread({ committed, starts, ends })) {
    const end = ends.get(partition) ?? 0n;
    yield { partition, left: (await holdsRecord(reader, { topic, partition }, end - left, end)) ? left : 0n };
  }
}

/** Whether a group has read every record of a topic that stands below some ends. */
export const hasReadAll = async (reader: TopicReader, topic: string, progress: Committed): Promise<boolean> => {
  for await (const { left } of leftToRead(reader, topic, progress)) if (left > 0n) return false;
  return true;
};
