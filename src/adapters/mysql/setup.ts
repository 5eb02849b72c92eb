import { escapeId } from 'mysql2';
import { delayOrAbort } from '../../core/delay.js';
import { BridgeError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import { type Account, checkAccounts, checkLogin, ensureAccount, grantCapture, grantHorizon, grantUpdater } from './accounts.js';
import { type Connection, openConnection } from './connect.js';
import { acquireLock, isHeldElsewhere, type Lock, lockName } from './lock.js';
import { type LoadMigration, migrate } from './migrations.js';
import type { ConnectionParams } from './options.js';

export type SetupParams = Readonly<{
  /** An account that may create databases and accounts and grant rights; its signal ends the setup. */
  admin: ConnectionParams;
  database: string;
  /** The tables that the two accounts are for. */
  tables: readonly string[];
  updater: Account;
  capture: Account;
  migrationsDirectory: string;
  log: Log;
  /** How long another setup of the same database is waited for. */
  lockWaitMs?: number;
  loadMigration?: LoadMigration;
  /** Called when a step is done; tests kill the process there. */
  onStep?(name: string): void;
}>;

const LOCK_WAIT_MS = 60_000;
const LOCK_POLL_MS = 250;

const setupRuns = (database: string, heldBy: string): BridgeError =>
  new BridgeError({
    code: 'SETUP_RUNNING',
    kind: 'environment',
    found: `Database '${database}' is being set up by ${heldBy}.`,
    fix: 'Wait for it to end, or stop it, and run setup again.',
  });

/** Asks again and again instead of waiting in the server, where a waiting statement would hold captures back. */
const takeTurn = async (connection: Connection, params: SetupParams): Promise<Lock> => {
  const { admin, database, lockWaitMs = LOCK_WAIT_MS, log } = params;
  const { signal = new AbortController().signal } = admin;
  const until = performance.now() + lockWaitMs;
  for (let said = ''; ; ) {
    const lock = await acquireLock(connection, lockName('setup', database));
    if (!isHeldElsewhere(lock)) return lock;
    if (lock.heldBy !== said) log.info({ database, heldBy: lock.heldBy }, 'waiting for another setup');
    said = lock.heldBy;
    if (performance.now() >= until || !(await delayOrAbort(LOCK_POLL_MS, signal))) throw setupRuns(database, lock.heldBy);
  }
};

const rightMissing = (error: BridgeError, admin: string, right: string): BridgeError =>
  new BridgeError({
    code: 'MYSQL_ADMIN_RIGHT_MISSING',
    kind: 'configuration',
    found: error.found,
    fix: `Grant '${admin}' ${right}, or run setup with an account that has it (MYSQL_ADMIN_USER).`,
    cause: error,
  });

type Step = Readonly<{ name: string /** The right that it takes. */; right: string; run(): Promise<unknown> }>;

const createDatabase = ({ query }: Connection, database: string): Promise<unknown> =>
  query(`CREATE DATABASE IF NOT EXISTS ${escapeId(database, true)} CHARACTER SET utf8mb4`);

const runMigrations = async ({
  admin,
  database,
  migrationsDirectory,
  loadMigration,
  log,
  onStep,
}: SetupParams): Promise<void> => {
  const names = await migrate({
    admin,
    database,
    directory: migrationsDirectory,
    ...(loadMigration === undefined ? {} : { load: loadMigration }),
    onStep: (name) => onStep?.(name),
    log,
  });
  if (names.length > 0) log.info({ database, migrations: names }, 'migrations done');
};

const stepsOf = (params: SetupParams, connection: Connection): readonly Step[] => {
  const { database, tables, updater, capture } = params;
  const onDatabase = `on \`${database}\`.*`;
  const users = 'CREATE USER on *.*';
  return [
    { name: 'database', right: `CREATE ${onDatabase}`, run: () => createDatabase(connection, database) },
    { name: 'tables', right: `CREATE, ALTER, SELECT, INSERT, UPDATE and DELETE ${onDatabase}`, run: () => runMigrations(params) },
    { name: 'updater account', right: users, run: () => ensureAccount(connection, updater) },
    { name: 'capture account', right: users, run: () => ensureAccount(connection, capture) },
    {
      name: 'updater grants',
      right: `SELECT, INSERT, UPDATE, DELETE ${onDatabase} WITH GRANT OPTION`,
      run: () => grantUpdater(connection, updater, database, tables),
    },
    {
      name: 'capture grants',
      right: `SELECT ${onDatabase} WITH GRANT OPTION`,
      run: () => grantCapture(connection, capture, database, tables),
    },
    {
      name: 'horizon grants',
      right: 'SELECT on performance_schema.* WITH GRANT OPTION',
      run: () => grantHorizon(connection, capture),
    },
  ];
};

const runStep = async ({ name, right, run }: Step, { admin, onStep }: SetupParams): Promise<void> => {
  try {
    await run();
  } catch (error) {
    if (error instanceof BridgeError && ['MYSQL_ACCESS_DENIED', 'MYSQL_GRANT_MISSING'].includes(error.code))
      throw rightMissing(error, admin.user, right);
    throw error;
  }
  onStep?.(name);
};

/**
 * Makes the database, its tables, the two accounts and their rights. Run again, also after a kill at any point, it ends in the same state.
 * @throws BridgeError `configuration` when the admin lacks a right, `environment` when another setup does not end, `transient` when the server is away
 */
export const setupDatabase = async (params: SetupParams): Promise<void> => {
  const { admin, database, updater, capture, log } = params;
  checkAccounts(admin.user, params);
  const { database: _, ...server } = admin;
  const connection = await openConnection(server, { role: 'setup' });
  try {
    const lock = await takeTurn(connection, params);
    try {
      params.onStep?.('lock');
      for (const step of stepsOf(params, connection)) await runStep(step, params);
      for (const account of [updater, capture]) await checkLogin(admin, account, database);
      log.info({ database, updater: updater.user, capture: capture.user }, 'database is set up');
    } finally {
      await lock.release();
    }
  } finally {
    await connection.close();
  }
};
