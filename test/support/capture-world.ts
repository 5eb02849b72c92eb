import { join } from 'node:path';
import { type Connection, openConnection } from '../../src/adapters/mysql/connect.js';
import { setupDatabase } from '../../src/adapters/mysql/setup.js';
import { type Frontier, type FrontierOptions, openFrontier } from '../../src/captures/polling/frontier.js';
import { serverOf } from '../../src/captures/polling/guarantee.js';
import type { PollingOptions } from '../../src/captures/polling/index.js';
import { readSeedRows, SEED_FILE } from '../../src/pipelines/products/seed-rows.js';
import { loadMigration } from './load-migration.js';
import { type TestServers, testServers, uniqueName } from './servers.js';
import { silentLog } from './silent-log.js';

const ROOT = join(__dirname, '..', '..');

export type CaptureWorld = Readonly<{
  database: string;
  mariadb: boolean;
  /** Connections as the administrator, as the updater and as the capture, in the database. */
  admin(): Promise<Connection>;
  writer(): Promise<Connection>;
  capture(): Promise<Connection>;
  /** Where the server is, for a driver of a test's own. */
  server: TestServers['mysql'];
  captureUser: string;
  options(changes?: Partial<PollingOptions>): PollingOptions;
  frontier(connection: Connection, changes?: Partial<FrontierOptions>): Promise<Frontier>;
  close(): Promise<void>;
}>;

/** A database of its own with the products table, its accounts and the 50 seed rows, on a real server. */
export const captureWorld = async (prefix: string, at?: TestServers['mysql']): Promise<CaptureWorld> => {
  const mysql = at ?? (await testServers()).mysql;
  const database = uniqueName(prefix);
  const account = (user: string, password: string) => ({ host: mysql.host, port: mysql.port, user, password, database });
  const capture = { user: `${database}_c`.slice(-32), password: 'capture-password' };
  const updater = { user: `${database}_u`.slice(-32), password: 'updater-password' };
  const opened: Connection[] = [];
  const open = async (user: string, password: string, role: string): Promise<Connection> => {
    const connection = await openConnection(account(user, password), { role });
    opened.push(connection);
    return connection;
  };
  const admin = () => open(mysql.adminUser, mysql.adminPassword, 'test admin');
  await setupDatabase({
    admin: { host: mysql.host, port: mysql.port, user: mysql.adminUser, password: mysql.adminPassword },
    database,
    tables: ['products'],
    capture,
    updater,
    migrationsDirectory: join(ROOT, 'db', 'migrations'),
    loadMigration,
    log: silentLog,
  });
  const seed = await admin();
  for (const { id, name, category, price } of await readSeedRows(SEED_FILE))
    await seed.change('INSERT INTO products (id, name, category, price) VALUES (?, ?, ?, ?)', [id, name, category, price]);
  const { mariadb } = await serverOf(seed.query);
  // A session that worked a moment ago and then sleeps is under suspicion for as long as it lives.
  await seed.close();
  const connectCapture = () => open(capture.user, capture.password, 'capture');
  return {
    database,
    mariadb,
    admin,
    writer: () => open(updater.user, updater.password, 'writer'),
    capture: connectCapture,
    server: mysql,
    captureUser: capture.user,
    options: (changes = {}) => ({
      name: 'products',
      connect: connectCapture,
      database,
      table: 'products',
      cursor: 'last_updated',
      key: 'id',
      schemaFile: join(ROOT, 'schemas', 'product_updates-value.avsc'),
      everyMs: 50,
      pageRows: 500,
      delayMs: 5_000,
      log: silentLog,
      ...changes,
    }),
    frontier: async ({ query }, changes = {}) =>
      openFrontier({
        query,
        server: await serverOf(query),
        database,
        cursor: { table: 'products', column: 'last_updated', type: 'timestamp', onUpdateNow: true, defaultNow: true },
        delayMs: 5_000,
        log: silentLog,
        ...changes,
      }),
    close: async () => {
      for (const connection of opened) await connection.close();
    },
  };
};
