import { escapeId, escape as quoted } from 'mysql2';
import { BridgeError } from '../../core/errors.js';
import { type Connection, openConnection } from './connect.js';
import type { ConnectionParams } from './options.js';

/** A server account, good from any host. */
export type Account = Readonly<{ user: string; password: string }>;

export type Accounts = Readonly<{ updater: Account; capture: Account }>;

/** What the guarantee `proven` reads to see every statement and transaction in flight. */
export const PERFORMANCE_SCHEMA_TABLES = [
  'events_statements_current',
  'events_transactions_current',
  'global_status',
  'metadata_locks',
  'setup_consumers',
  'setup_instruments',
  'threads',
] as const;

const refuse = (found: string, fix: string): never => {
  throw new BridgeError({ code: 'MYSQL_ACCOUNTS_INVALID', kind: 'configuration', found, fix });
};

/** @throws BridgeError `configuration` when the accounts are not three different ones with a name and a password */
export const checkAccounts = (admin: string, { updater, capture }: Accounts): void => {
  for (const [role, { user, password }] of Object.entries({ updater, capture })) {
    if (user === '' || password === '')
      refuse(`The ${role} account has no ${user === '' ? 'name' : 'password'}.`, 'Set it in .env.');
    if (user === admin)
      refuse(
        `The ${role} account is the admin account '${user}'.`,
        'Give it a name of its own: setup sets its password and its rights.',
      );
  }
  if (updater.user === capture.user)
    refuse(
      `The updater and the capture are both '${updater.user}'.`,
      'Give them different names: the capture must not be able to write.',
    );
};

const nameOf = ({ user }: Account): string => `${quoted(user)}@'%'`;

/** Words of the server may quote a piece of the statement: the password must not be in them. */
const withoutPassword = (error: unknown, { password }: Account): unknown => {
  const inside = quoted(password).slice(1, -1);
  if (!(error instanceof BridgeError) || !(error.found.includes(password) || error.found.includes(inside))) return error;
  const found = error.found.replaceAll(inside, '***').replaceAll(password, '***');
  return new BridgeError({ code: error.code, kind: error.kind, found, fix: error.fix });
};

/** Makes the account, or sets its password again: a changed .env works after the next setup. */
export const ensureAccount = async ({ query }: Connection, account: Account): Promise<void> => {
  try {
    await query(`CREATE USER IF NOT EXISTS ${nameOf(account)} IDENTIFIED BY ${quoted(account.password)}`);
    await query(`ALTER USER ${nameOf(account)} IDENTIFIED BY ${quoted(account.password)}`);
  } catch (error) {
    throw withoutPassword(error, account);
  }
};

/** Lets the updater change the tables' rows; no more. */
export const grantUpdater = async (
  { query }: Connection,
  updater: Account,
  database: string,
  tables: readonly string[],
): Promise<void> => {
  for (const table of tables)
    await query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${escapeId(database, true)}.${escapeId(table, true)} TO ${nameOf(updater)}`,
    );
};

/** Lets the capture read the tables; no more. */
export const grantCapture = async (
  { query }: Connection,
  capture: Account,
  database: string,
  tables: readonly string[],
): Promise<void> => {
  for (const table of tables)
    await query(`GRANT SELECT ON ${escapeId(database, true)}.${escapeId(table, true)} TO ${nameOf(capture)}`);
};

/** Lets the capture see what is in flight on the server, without which its guarantee is only `delayed`. */
export const grantHorizon = async ({ query }: Connection, capture: Account): Promise<void> => {
  for (const table of PERFORMANCE_SCHEMA_TABLES) await query(`GRANT SELECT ON performance_schema.${table} TO ${nameOf(capture)}`);
};

/**
 * Logs in as the account.
 * @throws BridgeError `configuration` when the server takes another account for it, as it does with one for a more exact host name
 */
export const checkLogin = async (admin: ConnectionParams, account: Account, database: string): Promise<void> => {
  const connection = await openConnection({ ...admin, ...account, database }, { role: 'setup' });
  try {
    const [row] = await connection.query<{ account: string }>('SELECT CURRENT_USER() AS account');
    if (row?.account !== `${account.user}@%`)
      refuse(
        `${connection.where}: the server takes this login for the account '${row?.account}', not for '${account.user}'@'%'.`,
        `Drop '${row?.account}', or choose another name.`,
      );
  } finally {
    await connection.close();
  }
};
