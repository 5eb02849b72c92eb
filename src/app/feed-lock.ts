import type { Connection } from '../adapters/mysql/connect.js';
import { acquireFeedLock, type HeldElsewhere, isHeldElsewhere, type Lock } from '../adapters/mysql/lock.js';
import { delayOrAbort } from '../core/delay.js';
import { BridgeError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { lookPause, type Place, type Share } from './share.js';

export type FeedLockOptions = Readonly<{ database: string; feed: string; share: Share; log: Log; signal: AbortSignal }>;

/** The right to run a feed. */
export type Turn = Readonly<{ lock: Lock; place: Place }>;

const feedLocked = (feed: string, heldBy: string): BridgeError =>
  new BridgeError({
    code: 'FEED_LOCKED',
    kind: 'environment',
    found: `Another producer runs the feed '${feed}': ${heldBy}.`,
    fix: 'Stop that one first, or start this one with --standby: one producer a feed keeps the order.',
  });

/** One try: undefined where there is no room in this process. */
const tryOnce = async (
  { database, feed, share }: FeedLockOptions,
  connection: Connection,
): Promise<Turn | HeldElsewhere | undefined> => {
  const place = share.enter(feed);
  if (place === undefined) return undefined;
  try {
    const lock = await acquireFeedLock({ connection, database, feed });
    if (!isHeldElsewhere(lock)) return { lock, place };
    place.leave();
    return lock;
  } catch (error) {
    place.leave();
    throw error;
  }
};

/**
 * Takes a feed's lock, or waits for it where the share says so: asked for again and again, since a statement that waits in the
 * server would hold the horizon. Undefined when the signal aborted first.
 * @throws BridgeError `environment` when another process has it and it is not waited for, `transient` when the server is away
 */
export const takeTurn = async (options: FeedLockOptions, connection: Connection): Promise<Turn | undefined> => {
  const { feed, share, log, signal } = options;
  for (let asked = 0, said = ''; !signal.aborted; asked++) {
    const got = await tryOnce(options, connection);
    if (got !== undefined && 'place' in got) {
      if (asked > 0) log.info(said === '' ? 'the feed has come to this producer' : 'took the feed over');
      return got;
    }
    const heldBy = got?.heldBy ?? '';
    if (share.waits) {
      if (heldBy !== '' && heldBy !== said) log.info({ heldBy }, 'standing by');
      if (heldBy !== '') said = heldBy;
      // A connection that says nothing is ended by the server.
      if (got === undefined) await connection.query('SELECT 1');
      await lookPause(signal);
    }
    // The lock of a producer that has just died is free within moments: ask for two seconds before giving up.
    else if (asked >= 10 || !(await delayOrAbort(200, signal))) throw feedLocked(feed, heldBy);
  }
  return undefined;
};
