import type { SinkParts } from '../../core/pipeline.js';
import type { Carried } from './carried.js';
import type { LastLine } from './log-content.js';

type ReadTimestamp = SinkParts['readRecordTimestamp'];

/** Splits what `partitionKey` made; a topic's name holds no slash. */
export const topicPartitionOf = (key: string): { topic: string; partition: number } => {
  const slash = key.lastIndexOf('/');
  return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) };
};

/** Whether the topic still holds the record of a line. One that retention has removed cannot be looked at: it is believed. */
const isOfThisTopic = async (read: ReadTimestamp, key: string, { offset, timestamp }: LastLine): Promise<boolean> => {
  const { topic, partition } = topicPartitionOf(key);
  const found = await read(topic, partition, offset);
  return found.kind === 'gone' || (found.kind === 'found' && found.timestamp === timestamp);
};

/** The last lines that are of the topics as they are now, and whether all are. */
export const ofTheseTopics = async (
  read: ReadTimestamp,
  offsets: Carried,
): Promise<Readonly<{ still: Carried; sameTopics: boolean }>> => {
  const still = new Map<string, LastLine>();
  for (const [key, last] of offsets) if (await isOfThisTopic(read, key, last)) still.set(key, last);
  return { still, sameTopics: still.size === offsets.size };
};

/** The offset after each of the last lines. */
export const nextOf = (offsets: Carried): ReadonlyMap<string, bigint> =>
  new Map([...offsets].map(([key, { offset }]) => [key, offset + 1n]));

/** The offset after the last line of each wanted partition in any log; lines of a topic that was made anew since do not count. */
export const allPoints = async (
  read: ReadTimestamp,
  wanted: ReadonlySet<string>,
  own: ReadonlyMap<string, bigint>,
  others: readonly Carried[],
): Promise<ReadonlyMap<string, bigint>> => {
  const points = new Map<string, bigint>();
  for (const key of wanted) {
    const mine = own.get(key) ?? 0n;
    const further = others
      .map((offsets) => offsets.get(key))
      .filter((last) => last !== undefined && last.offset >= mine)
      .sort((a, b) => ((b as LastLine).offset > (a as LastLine).offset ? 1 : -1)) as LastLine[];
    let next = mine;
    for (const last of further) {
      if (!(await isOfThisTopic(read, key, last))) continue;
      next = last.offset + 1n;
      break;
    }
    if (next > 0n) points.set(key, next);
  }
  return points;
};
