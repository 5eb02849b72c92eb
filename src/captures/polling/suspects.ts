import type { Query } from '../../adapters/mysql/query.js';
import type { InFlight } from './horizon.js';

/**
 * Sessions that may be in a transaction which performance_schema has not noted, since it was switched off when it began:
 * session -> the last transaction it shows. A later one tells that the one before is over; so does the session's end.
 */
export type Suspects = ReadonlyMap<number, number>;

/** Sessions that have slept all the time, and rowbridge's own, which write nothing: a session may see those of its account. */
const INNOCENT = `SELECT THREAD_ID id FROM performance_schema.threads
  WHERE TYPE = 'FOREGROUND' AND NAME <> 'thread/sql/event_worker' AND (PROCESSLIST_COMMAND = 'Sleep' AND PROCESSLIST_TIME > ?
    OR PROCESSLIST_ID IN (SELECT PROCESSLIST_ID FROM performance_schema.session_account_connect_attrs
      WHERE ATTR_NAME = 'rowbridge_role' AND (ATTR_VALUE LIKE 'capture%' OR ATTR_VALUE LIKE 'lock%')))`;

/** Who may have begun a transaction unseen in the last `blindForMs`: all but those that have slept all the time. */
export const suspectsOf = async (query: Query, seen: InFlight, blindForMs: number): Promise<Suspects> => {
  const found = await query<{ id: number | string }>(INNOCENT, [Math.min(Math.ceil(blindForMs / 1000) + 1, 1e9)]);
  const innocent = new Set(found.map(({ id }) => Number(id)));
  const suspects = [...seen.threads.keys()].filter((thread) => !innocent.has(thread));
  return new Map(suspects.map((thread) => [thread, seen.transactions.get(thread)?.event ?? 0]));
};

/** Those of whom it is still not known. */
export const stillSuspect = (suspects: Suspects, seen: InFlight): Suspects =>
  new Map(
    [...suspects].filter(([thread, last]) => seen.threads.has(thread) && (seen.transactions.get(thread)?.event ?? 0) <= last),
  );
