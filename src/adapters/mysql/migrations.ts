import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import createKnex, { type Knex } from 'knex';
import { BridgeError, messageOf } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import { errnoOf, mysqlError } from './errors.js';
import { type ConnectionParams, describeServer, driverOptions, SESSION_SQL } from './options.js';

/** Loads a migration: a module that exports `up` and `down`. */
export type LoadMigration = (path: string) => Promise<Knex.Migration>;

const importMigration: LoadMigration = (path) => import(pathToFileURL(path).href) as Promise<Knex.Migration>;

export type MigrateParams = Readonly<{
  admin: ConnectionParams;
  database: string;
  directory: string;
  load?: LoadMigration;
  /** Called around each migration; tests hang on to it. */
  onStep(name: string): void;
  log: Log;
}>;

const namesIn = async (directory: string): Promise<string[]> => {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith('.mjs')).sort();
  } catch (cause) {
    throw new BridgeError({
      code: 'MIGRATIONS_MISSING',
      kind: 'configuration',
      found: `The migrations in ${directory} cannot be read: ${messageOf(cause)}.`,
      fix: 'Start rowbridge from a complete installation.',
      cause,
    });
  }
};

/** The directory as knex's own loader names it, so that `knex` on the command line sees the same migrations. */
const sourceOf = ({ directory, load = importMigration, onStep }: MigrateParams): Knex.MigrationSource<string> => ({
  getMigrations: () => namesIn(directory),
  getMigrationName: (name) => name,
  async getMigration(name) {
    const migration = await load(join(directory, name));
    return {
      ...migration,
      async up(builder: Knex) {
        onStep(`before migration ${name}`);
        await migration.up(builder);
        onStep(`after migration ${name}`);
      },
    };
  },
});

/** knex writes to the console unless told otherwise. */
const knexLog = (log: Log) => ({
  debug: (message: unknown) => log.debug({ message }, 'knex says'),
  warn: (message: unknown) => log.warn({ message }, 'knex says'),
  error: (message: unknown) => log.error({ message }, 'knex says'),
  deprecate: (method: string, alternative: string) => log.debug({ method, alternative }, 'knex says'),
});

type Done = (error: unknown, driver: unknown) => void;
type Driver = Readonly<{ query(sql: string, done: (error: unknown) => void): void }>;

const begin = (driver: Driver, [sql, ...others]: readonly string[], done: Done): void => {
  if (sql === undefined) done(null, driver);
  else driver.query(sql, (error) => (error ? done(error, driver) : begin(driver, others, done)));
};

const open = ({ admin, database, log }: MigrateParams): Knex =>
  createKnex.knex({
    client: 'mysql2',
    connection: driverOptions({ ...admin, database }, { role: 'setup' }) as object,
    pool: {
      min: 0,
      max: 2,
      afterCreate: (driver: Driver, done: Done) => begin(driver, SESSION_SQL, done),
    },
    log: knexLog(log),
  });

const failed = (error: unknown, params: MigrateParams): BridgeError => {
  if (error instanceof BridgeError || errnoOf(error) !== undefined)
    return mysqlError(error, `${describeServer({ ...params.admin, database: params.database })}, migrating`);
  return new BridgeError({
    code: 'MIGRATION_FAILED',
    kind: 'configuration',
    found: `The migrations in ${params.directory} cannot be run on database '${params.database}': ${messageOf(error)}.`,
    fix: 'Use the version of rowbridge that the database was set up with, or a later one.',
    cause: error,
  });
};

/**
 * Runs the migrations that the database has not seen. The caller must be the only one who migrates it:
 * knex's own lock is taken to be the rest of a setup that was killed.
 */
export const migrate = async (params: MigrateParams): Promise<readonly string[]> => {
  const database = open(params);
  try {
    const config = { migrationSource: sourceOf(params) };
    await database.migrate.forceFreeMigrationsLock(config);
    const [, names] = (await database.migrate.latest(config)) as [number, string[]];
    return names;
  } catch (error) {
    throw failed(error, params);
  } finally {
    await database.destroy();
  }
};
