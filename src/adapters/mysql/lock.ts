import { createHash } from 'node:crypto';
import { BridgeError, isTransient } from '../../core/errors.js';
import type { Connection } from './connect.js';

export type Lock = Readonly<{
  /** False once the connection and with it the lock is gone: another process may have it. */
  held(): Promise<boolean>;
  release(): Promise<void>;
}>;

/** Says which process holds the lock, for a person. */
export type HeldElsewhere = Readonly<{ heldBy: string }>;

export const isHeldElsewhere = (lock: Lock | HeldElsewhere): lock is HeldElsewhere => 'heldBy' in lock;

/** The server ends a silent lock connection after this, so that a machine that vanished does not keep the lock for hours. */
const SILENCE_S = 300;
const SIGN_OF_LIFE_MS = 60_000;

/** A name that every rowbridge process makes the same of the same things; servers allow 64 characters. */
export const lockName = (...parts: readonly string[]): string =>
  `rowbridge:${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)}`;

type Attribute = Readonly<{ name: string; value: string | null }>;

/** Sessions of the same account on the same host may see each other's attributes without any grant. */
const ATTRIBUTES_SQL = `SELECT ATTR_NAME AS name, ATTR_VALUE AS value
  FROM performance_schema.session_account_connect_attrs WHERE PROCESSLIST_ID = ?`;
const PROCESS_SQL = 'SELECT HOST AS host FROM information_schema.PROCESSLIST WHERE ID = ?';

const describeHolder = async ({ query }: Connection, id: string): Promise<string> => {
  const attributes = await query<Attribute>(ATTRIBUTES_SQL, [id]).catch(() => []);
  const {
    rowbridge_host: host,
    _pid: pid,
    rowbridge_role: role,
  } = Object.fromEntries(attributes.map(({ name, value }) => [name, value]));
  if (pid) return `process ${pid} on ${host ?? 'an unnamed host'} (${role ?? 'no rowbridge role'}, connection ${id})`;
  const [session] = await query<{ host: string }>(PROCESS_SQL, [id]).catch(() => []);
  return session === undefined ? `connection ${id}` : `connection ${id} from ${session.host}`;
};

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

const lockOn = (connection: Connection, name: string, signOfLifeMs: number): Lock => {
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
      const [row] = await connection.query<{ ours: string | null }>('SELECT IS_USED_LOCK(?) = CONNECTION_ID() AS ours', [name]);
      return Number(row?.ours) === 1;
    }, false);
  const stop = showLife(held, signOfLifeMs);
  return {
    held,
    async release() {
      stop();
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

type Options = Readonly<{ signOfLifeMs?: number }>;

/**
 * Takes a lock that lives as long as the connection, which must be used for nothing else.
 * Never waits in the server: a waiting statement would hold the horizon of every capture.
 */
export const acquireLock = async (connection: Connection, name: string, options: Options = {}): Promise<Lock | HeldElsewhere> => {
  await connection.query(`SET SESSION wait_timeout = ${SILENCE_S}`);
  for (;;) {
    const [row] = await connection.query<{ got: number | null }>('SELECT GET_LOCK(?, 0) AS got', [name]);
    if (row?.got == null) throw refused(connection.where);
    if (Number(row.got) === 1) return lockOn(connection, name, options.signOfLifeMs ?? SIGN_OF_LIFE_MS);
    const [holder] = await connection.query<{ id: string | null }>('SELECT IS_USED_LOCK(?) AS id', [name]);
    // The holder may have ended between the two questions.
    if (holder?.id != null) return { heldBy: await describeHolder(connection, String(holder.id)) };
  }
};

export type FeedLock = Lock;

export type FeedLockParams = Readonly<{ connection: Connection; database: string; feed: string }>;

/** One producer per feed: takes the feed's lock on a connection of its own, or says who has it. */
export const acquireFeedLock = ({ connection, database, feed }: FeedLockParams): Promise<FeedLock | HeldElsewhere> =>
  acquireLock(connection, lockName('feed', database, feed));
