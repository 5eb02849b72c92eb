import { createHash } from 'node:crypto';
import { BridgeError, isTransient } from '../../core/errors.js';
import type { Connection } from './connect.js';
import { describeSession, holderOf } from './lock-holder.js';

export type Lock = Readonly<{
  /** False once the connection and with it the lock is gone: another process may have it. */
  held(): Promise<boolean>;
  /**
   * Whether nobody else can have it at this very moment, without asking: the connection is open, and the server, which ends it
   * after a silence, has heard from us since. Also right after this process was stopped for a while.
   */
  sure(): boolean;
  release(): Promise<void>;
}>;

/** Says which process holds the lock, for a person. */
export type HeldElsewhere = Readonly<{ heldBy: string }>;

export const isHeldElsewhere = (lock: Lock | HeldElsewhere): lock is HeldElsewhere => 'heldBy' in lock;

/**
 * The server ends a lock connection that is silent for so long: a machine that vanished without a word loses its locks within it.
 * A process that is stopped for longer loses them too, and finds that out before it publishes again.
 */
const SILENCE_S = 8;
const SIGN_OF_LIFE_MS = 2_000;
/** Our count of the silence begins before the server's; the rest is for the last step from here to the socket. */
const SURE_FOR_MS = SILENCE_S * 1000 - 1_000;

/** A name that every rowbridge process makes the same of the same things; servers allow 64 characters. */
export const lockName = (...parts: readonly string[]): string =>
  `rowbridge:${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)}`;

/** Asks again from time to time, as a sign of life for the server, for as long as the answer is yes; gives what stops it. */
const showLife = (held: () => Promise<boolean>, everyMs: number): (() => void) => {
  const ask = () =>
    held().then(
      (ours) => ours || stop(),
      () => undefined,
    );
  const timer = setInterval(ask, everyMs);
  const stop = () => clearInterval(timer);
  timer.unref();
  return stop;
};

const lockOn = (connection: Connection, name: string, askedAt: number, { signOfLifeMs, now = NOW }: Options): Lock => {
  let lastYes = askedAt;
  const unlessLost = async <T>(action: () => Promise<T>, lost: T): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      if (isTransient(error)) return lost;
      throw error;
    }
  };
  const held = () =>
    unlessLost(async () => {
      const asked = now();
      const [row] = await connection.query<{ ours: string | null }>('SELECT IS_USED_LOCK(?) = CONNECTION_ID() AS ours', [name]);
      const ours = Number(row?.ours) === 1;
      lastYes = ours ? asked : Number.NEGATIVE_INFINITY;
      return ours;
    }, false);
  const stop = showLife(held, signOfLifeMs ?? SIGN_OF_LIFE_MS);
  return {
    held,
    sure: () => connection.isOpen() && now() - lastYes < SURE_FOR_MS,
    async release() {
      stop();
      lastYes = Number.NEGATIVE_INFINITY;
      await unlessLost(() => connection.query('DO RELEASE_LOCK(?)', [name]), []);
    },
  };
};

const refused = (where: string): BridgeError =>
  new BridgeError({
    code: 'MYSQL_UNAVAILABLE',
    kind: 'transient',
    found: `${where}: GET_LOCK failed.`,
    fix: 'It is tried again.',
  });

type Options = Readonly<{
  signOfLifeMs?: number;
  /** A clock that is never set, in milliseconds. */
  now?(): number;
}>;

const NOW = (): number => performance.now();

/**
 * Takes a lock that lives as long as the connection, which must be used for nothing else.
 * Never waits in the server: a waiting statement would hold the horizon of every capture.
 */
export const acquireLock = async (connection: Connection, name: string, options: Options = {}): Promise<Lock | HeldElsewhere> => {
  await connection.query(`SET SESSION wait_timeout = ${SILENCE_S}`);
  for (;;) {
    const askedAt = (options.now ?? NOW)();
    const [row] = await connection.query<{ got: number | null }>('SELECT GET_LOCK(?, 0) AS got', [name]);
    if (row?.got == null) throw refused(connection.where);
    if (Number(row.got) === 1) return lockOn(connection, name, askedAt, options);
    const holder = await holderOf(connection, name);
    // The holder may have ended between the two questions.
    if (holder !== undefined) return { heldBy: await describeSession(connection, holder) };
  }
};

export type FeedLock = Lock;

export const feedLockName = (database: string, feed: string): string => lockName('feed', database, feed);

/** What the connection for a feed's lock is called on the server, whether it has the lock or waits for it. */
export const feedLockRole = (database: string, feed: string): string => `lock ${database}.${feed}`;

export type FeedLockParams = Readonly<{ connection: Connection; database: string; feed: string }>;

/** One producer per feed: takes the feed's lock on a connection of its own, or says who has it. */
export const acquireFeedLock = ({ connection, database, feed }: FeedLockParams): Promise<FeedLock | HeldElsewhere> =>
  acquireLock(connection, feedLockName(database, feed));
