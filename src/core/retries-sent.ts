import { deadLetterOf, retryOf } from './dead-letter.js';
import { type Settling, settledEnds } from './settled-ends.js';
import { deadLetterTopicOf } from './topic.js';

type RetriesSent = Settling & Readonly<{ committed(): Promise<bigint> }>;

/** Where in each partition a retry of a letter that is not committed can stand: beyond its origin. */
const beginnings = async ({ reader, topic }: RetriesSent, from: bigint): Promise<ReadonlyMap<number, bigint>> => {
  const found = new Map<number, bigint>();
  const at = { topic: deadLetterTopicOf(topic), partition: 0 };
  const end = (await reader.endOffsets(at.topic)).get(0) ?? 0n;
  for await (const records of reader.readRange(at, from, end))
    for (const { origin } of records.map(deadLetterOf)) {
      const known = origin === undefined ? undefined : found.get(origin.partition);
      if (origin !== undefined && (known === undefined || origin.offset < known)) found.set(origin.partition, origin.offset);
    }
  return found;
};

/** The retries that are in the topic already, of letters that are not committed: a kill between acknowledgement and commit leaves such. */
export const alreadySent = async (run: RetriesSent): Promise<ReadonlySet<string>> => {
  const ends = await settledEnds(run);
  const sent = new Set<string>();
  if (ends === undefined) return sent;
  for (const [partition, from] of await beginnings(run, await run.committed()))
    for await (const records of run.reader.readRange(
      { topic: run.topic, partition },
      from + 1n,
      ends.get(partition) ?? 0n,
      'own',
    ))
      for (const record of records) {
        const identity = retryOf(record);
        if (identity !== undefined) sent.add(identity);
      }
  return sent;
};
