import { createConnection, type ResultSetHeader } from 'mysql2';
import { closeDriver, connected, type Form, runStatement } from './driver.js';
import { mysqlError } from './errors.js';
import { type ConnectionParams, type ConnectionRole, describeServer, driverOptions, SESSION_SQL } from './options.js';
import type { Query } from './query.js';

export type { ConnectionParams, TlsParams } from './options.js';

/** What a changing statement did. `affectedRows` counts the rows it found, `changedRows` those of them that an UPDATE made different. */
export type Change = Readonly<{ affectedRows: number; changedRows: number; insertId: string }>;

/** A statement whose rows come as arrays: the names of columns may be any. */
export type ArrayQuery = Readonly<{
  sql: string;
  params: readonly unknown[];
  /** FLOAT and DOUBLE come as the texts they travel as. */
  floatsAsText: boolean;
}>;

/** A connection in UTC, strict and autocommitting. Every failure is a BridgeError. */
export type Connection = Readonly<{
  query: Query;
  arrays(query: ArrayQuery): Promise<readonly (readonly unknown[])[]>;
  change(sql: string, params?: readonly unknown[]): Promise<Change>;
  /** What CONNECTION_ID() gives. */
  id: number;
  /** Names the server and the account in messages: "MySQL at 127.0.0.1:3306 (user 'capture')". */
  where: string;
  /** False once it is known to be lost: nothing more will come of it. */
  isOpen(): boolean;
  close(): Promise<void>;
}>;

/** How long a statement may go without an answer, unless the caller says otherwise. */
export const DEADLINE_MS = 60_000;

type Run = (sql: string, params: readonly unknown[], form?: Form) => Promise<unknown>;

const overConnection = (run: Run): Pick<Connection, 'query' | 'arrays' | 'change'> => ({
  async query<Row>(sql: string, params: readonly unknown[] = []) {
    const rows = await run(sql, params);
    return Array.isArray(rows) ? (rows as readonly Row[]) : [];
  },
  async arrays({ sql, params, floatsAsText }) {
    return (await run(sql, params, floatsAsText ? 'arrays with floats as text' : 'arrays')) as readonly (readonly unknown[])[];
  },
  async change(sql, params = []) {
    const { affectedRows, changedRows, insertId } = (await run(sql, params)) as ResultSetHeader;
    return { affectedRows, changedRows, insertId: String(insertId) };
  },
});

/**
 * Opens a connection.
 * @throws BridgeError `transient` when the server is away or the signal aborts, `configuration` when it does not let the account in
 */
export const openConnection = async (params: ConnectionParams, role: ConnectionRole): Promise<Connection> => {
  const where = describeServer(params);
  const { signal } = params;
  const driver = createConnection(driverOptions(params, role));
  let open = true;
  const lost = () => {
    open = false;
  };
  // Without a listener of its own a connection that is lost while idle would end the process.
  driver.on('error', lost).on('end', lost);
  const run: Run = async (sql, values, form) => {
    try {
      return await runStatement(driver, { sql, params: values, form, deadlineMs: role.deadlineMs ?? DEADLINE_MS, signal });
    } catch (error) {
      if ((error as { fatal?: boolean }).fatal === true) lost();
      throw mysqlError(error, where);
    }
  };
  const close = async () => {
    if (open) await closeDriver(driver);
    lost();
  };
  try {
    await connected(driver, signal);
  } catch (error) {
    throw mysqlError(error, where);
  }
  try {
    for (const sql of SESSION_SQL) await run(sql, []);
  } catch (error) {
    await close();
    throw error;
  }
  return { ...overConnection(run), id: driver.threadId, where, isOpen: () => open, close };
};
