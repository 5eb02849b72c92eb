import type { Connection } from './connect.js';
import { acquireLock, isHeldElsewhere, type Lock, lockName } from './lock.js';

/** More processes than this share nothing: the others stand by. */
export const MOST_MEMBERS = 64;

/** How many processes are there, and which of them this one is, counted from 0. */
export type Standing = Readonly<{ members: number; rank: number }>;

export type Membership = Readonly<{
  /** Undefined once this process has lost its seat. */
  standing(): Promise<Standing | undefined>;
}>;

/**
 * Processes of one kind know of each other by locks: each holds the first free one of a row of seats, for as long as its connection
 * lives. Undefined when all seats are taken.
 * @param connection used for nothing else
 */
export const takeSeat = async (connection: Connection, database: string, kind: string): Promise<Membership | undefined> => {
  const seats = Array.from({ length: MOST_MEMBERS }, (_, seat) => lockName('member', database, kind, String(seat)));
  const taken = async (): Promise<readonly boolean[]> => {
    const [row] = await connection.query<Record<string, unknown>>(
      `SELECT ${seats.map((_, seat) => `IS_USED_LOCK(?) AS s${seat}`).join(', ')}`,
      seats,
    );
    return seats.map((_, seat) => row?.[`s${seat}`] != null);
  };
  const seated = async (): Promise<Readonly<{ seat: number; lock: Lock }> | undefined> => {
    for (const [seat, isTaken] of (await taken()).entries()) {
      if (isTaken) continue;
      const lock = await acquireLock(connection, seats[seat] as string);
      if (!isHeldElsewhere(lock)) return { seat, lock };
    }
    return undefined;
  };
  const own = await seated();
  if (own === undefined) return undefined;
  return {
    async standing() {
      if (!(await own.lock.held())) return undefined;
      const now = await taken();
      const count = (some: readonly boolean[]): number => some.filter((isTaken) => isTaken).length;
      return { members: count(now), rank: count(now.slice(0, own.seat)) };
    },
  };
};
