import type { EndOffsets, TopicReader } from './broker.js';
import { deadLetterOf, retryOf } from './dead-letter.js';
import { delayOrAbort } from './delay.js';
import { deadLetterTopicOf } from './topic.js';

type RetriesSent = Readonly<{
  topic: string;
  committed(): Promise<bigint>;
  reader: TopicReader;
  signal: AbortSignal;
  settleMs?: number;
}>;

const same = (a: EndOffsets, b: EndOffsets): boolean =>
  a.size === b.size && [...a].every(([partition, end]) => b.get(partition) === end);

/** The end offsets once they stand still: the last request of a killed retry may still wait inside the broker. */
const settledEnds = async ({ reader, topic, signal, settleMs = 1_000 }: RetriesSent): Promise<EndOffsets> => {
  let ends = await reader.endOffsets(topic);
  while (await delayOrAbort(settleMs, signal)) {
    const again = await reader.endOffsets(topic);
    if (same(ends, again)) return again;
    ends = again;
  }
  return ends;
};

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
  for (const [partition, from] of await beginnings(run, await run.committed()))
    for await (const records of run.reader.readRange({ topic: run.topic, partition }, from + 1n, ends.get(partition) ?? 0n))
      for (const record of records) {
        const identity = retryOf(record);
        if (identity !== undefined) sent.add(identity);
      }
  return sent;
};
