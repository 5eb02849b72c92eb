import type { Connection } from './connect.js';

type Attribute = Readonly<{ name: string; value: string | null }>;

/** Sessions of the same account may see each other's attributes without any grant. */
const ATTRIBUTES_SQL = `SELECT ATTR_NAME AS name, ATTR_VALUE AS value
  FROM performance_schema.session_account_connect_attrs WHERE PROCESSLIST_ID = ?`;
const WITH_ROLE_SQL = `SELECT PROCESSLIST_ID AS id FROM performance_schema.session_account_connect_attrs
  WHERE ATTR_NAME = 'rowbridge_role' AND ATTR_VALUE = ? ORDER BY PROCESSLIST_ID`;
const PROCESS_SQL = 'SELECT HOST AS host FROM information_schema.PROCESSLIST WHERE ID = ?';

/** Says which process a connection belongs to, for a person. */
export const describeSession = async ({ query }: Connection, id: string): Promise<string> => {
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

/** The connection that holds a lock; undefined while it is free. */
export const holderOf = async ({ query }: Connection, name: string): Promise<string | undefined> => {
  const [holder] = await query<{ id: string | null }>('SELECT IS_USED_LOCK(?) AS id', [name]);
  return holder?.id == null ? undefined : String(holder.id);
};

export type Contenders = Readonly<{
  /** The process that holds the lock; null while it is free. */
  active: string | null;
  /** The processes that wait for it, as far as they use the same account. */
  standby: readonly string[];
}>;

/** Who holds a lock, and who else keeps a connection of that role for it. */
export const contendersOf = async (connection: Connection, name: string, role: string): Promise<Contenders> => {
  const holder = await holderOf(connection, name);
  const sessions = await connection.query<{ id: string }>(WITH_ROLE_SQL, [role]).catch(() => []);
  const waiting = sessions.map(({ id }) => String(id)).filter((id) => id !== holder);
  return {
    active: holder === undefined ? null : await describeSession(connection, holder),
    standby: await Promise.all(waiting.map((id) => describeSession(connection, id))),
  };
};
