import type { EndOffsets } from './broker.js';
import { BridgeError } from './errors.js';
import type { FeedRun } from './feed.js';
import type { FeedState, Origin } from './position-store.js';

const differs = (a: string | undefined, b: string | undefined): boolean => a !== undefined && b !== undefined && a !== b;

const anotherLife = <T>(run: FeedRun<T>, which: 'database' | 'topic'): BridgeError => {
  const other = which === 'database' ? 'topic' : 'database';
  return new BridgeError({
    code: which === 'database' ? 'DATABASE_REPLACED' : 'TOPIC_REPLACED',
    kind: 'integrity',
    found: `The ${which} of feed '${run.name}' is not the one its state was saved for (${which === 'database' ? 'another server, or the table was made anew' : `topic '${run.topic.name}' was made anew, or this is another cluster`}), but the ${other} is.`,
    fix: `Run 'rowbridge replay ${run.name}' to send every row again, or 'rowbridge replay ${run.name} --from now' to go on from here.`,
  });
};

/** A table created later than the state says was rebuilt (ALTER) where its old rows are still there, else made anew. */
const madeAnew = async <T>({ source }: FeedRun<T>, saved: FeedState, origin: Origin): Promise<boolean> =>
  differs(saved.origin.tableCreated, origin.tableCreated) &&
  !(saved.position === null || (await source.holdsUpTo?.(saved.position)) === true);

const isSame = (a: string | undefined, b: string | undefined): boolean => a !== undefined && a === b;

/**
 * Whether the servers are others than those the state was saved for; both new means another life of the whole system.
 * A table that was emptied or made anew on a server known to be the same is read on: all that is in it comes after the position.
 * Where the server has no id of its own (MariaDB) such a table is the only sign of another server, and a person has to choose;
 * unless we have read from that server in this very run.
 */
export const life = async <T>(
  run: FeedRun<T>,
  saved: FeedState,
  ends: EndOffsets,
  origin: Origin,
  continued: boolean,
): Promise<'same' | 'another'> => {
  const topicNew =
    differs(saved.origin.cluster, origin.cluster) ||
    [...saved.endOffsets].some(([partition, end]) => (ends.get(partition) ?? 0n) < end);
  const otherServer = differs(saved.origin.server, origin.server);
  const tableNew = await madeAnew(run, saved, origin);
  const databaseNew = otherServer || (tableNew && !continued && !isSame(saved.origin.server, origin.server));
  if (topicNew && (otherServer || tableNew)) return 'another';
  if (topicNew) throw anotherLife(run, 'topic');
  if (databaseNew) throw anotherLife(run, 'database');
  if (tableNew)
    run.log.warn(
      { feed: run.name, created: origin.tableCreated },
      'the table was emptied or made anew: all its rows come after the position, reading on',
    );
  return 'same';
};
