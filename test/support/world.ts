import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionParams, openConnection } from '../../src/adapters/mysql/connect.js';
import { type Judging, judge, type Verdict } from './oracle.js';
import { endPrograms, eventually, type Program, rowbridge } from './program.js';
import { testServers } from './servers.js';

/** The servers of a world: those of the test run unless a test brings its own. */
export type WorldServers = Readonly<{
  kafka: Readonly<{ brokers: readonly string[] }>;
  registry: Readonly<{ url: string }>;
  /** `directPort` leads past a proxy, for the test itself. */
  mysql: Readonly<{ host: string; port: number; directPort?: number; adminUser: string; adminPassword: string }>;
}>;

export type World = Readonly<{
  env: Readonly<Record<string, string>>;
  directory: string;
  stateFile: string;
  logs: string;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Program;
  /** Runs a command to its end and gives its exit code and output. */
  call(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<Readonly<{ code: number | string; stdout: string; stderr: string }>>;
  sql(statement: string, params?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** The administrator's account in the world's database, past a proxy. */
  account: ConnectionParams;
  verdict(from?: ReadonlyMap<number, number>, judging?: Judging): Promise<Verdict>;
  /** Waits until the logs hold this many lines. */
  lines(count: number, withinMs?: number): Promise<void>;
  /** Waits until the topic holds this many records: versions that were overwritten between two polls are not among them. */
  records(count: number, withinMs?: number): Promise<void>;
  close(): Promise<void>;
}>;

/**
 * A directory, a database and the products topic for one test, on the servers of the test run.
 * The topic has one name for all: tests that use it run one after the other, each from an empty one.
 * @param given more variables for the programs, and others than those of the servers of the test run
 */
export const freshWorld = async (
  name: string,
  given: Readonly<Record<string, string>> = {},
  servers?: WorldServers,
): Promise<World> => {
  if (!existsSync(join(__dirname, '..', '..', 'dist', 'main.js'))) throw new Error("dist/ is missing: run 'npm run build' first");
  const { kafka, registry, mysql }: WorldServers = servers ?? (await testServers());
  const directPort = mysql.directPort ?? mysql.port;
  const directory = await mkdtemp(join(tmpdir(), `rowbridge-${name}-`));
  const database = `${name}_${Date.now().toString(36)}`;
  const env = {
    KAFKA_BROKERS: kafka.brokers.join(','),
    SCHEMA_REGISTRY_URL: registry.url,
    MYSQL_HOST: mysql.host,
    MYSQL_PORT: String(mysql.port),
    MYSQL_DATABASE: database,
    MYSQL_USER: `${database}_c`,
    MYSQL_PASSWORD: 'capture-password',
    MYSQL_UPDATER_USER: `${database}_u`,
    MYSQL_UPDATER_PASSWORD: 'updater-password',
    MYSQL_ADMIN_USER: mysql.adminUser,
    MYSQL_ADMIN_PASSWORD: mysql.adminPassword,
    ...given,
  };
  const run: World['run'] = (args, extra = {}) => rowbridge(args, { env: { ...env, ...extra }, cwd: directory });
  const call: World['call'] = async (args, extra) => {
    const program = run(args, extra);
    const code = await program.ended(90_000).finally(() => program.signal('SIGKILL'));
    return { code, stdout: program.stdout(), stderr: program.stderr() };
  };
  const account = { host: mysql.host, port: directPort, user: mysql.adminUser, password: mysql.adminPassword, database };
  const sql: World['sql'] = async (statement, params) => {
    const connection = await openConnection(account, { role: 'test' });
    try {
      return await connection.query<Record<string, unknown>>(statement, params);
    } finally {
      await connection.close();
    }
  };
  const logs = join(directory, 'consumer_logs');
  const verdict: World['verdict'] = (from, judging) => judge({ ...env, MYSQL_PORT: String(directPort) }, logs, from, judging);
  const fresh = await call(['up', '--fresh', '--yes', '--once', '--rate', '0']);
  if (fresh.code !== 0) throw new Error(`up --fresh ended with ${fresh.code}: ${fresh.stderr}`);
  return {
    env,
    directory,
    stateFile: join(directory, 'state', 'products', 'last_read_timestamp.json'),
    logs,
    run,
    call,
    sql,
    account,
    verdict,
    async lines(count, withinMs = 60_000) {
      const { readLogs } = await import('./oracle.js');
      await eventually(`${count} lines in the logs`, withinMs, () => {
        const found = [...readLogs(logs).values()].flat().length;
        return found >= count ? found : undefined;
      });
    },
    async records(count, withinMs = 120_000) {
      await eventually(`${count} records in the topic`, withinMs, async () => {
        const { records } = await verdict();
        return records >= count ? records : undefined;
      });
    },
    async close() {
      endPrograms();
      await sql('DROP DATABASE ??', [database]).catch(() => {});
      await rm(directory, { recursive: true, force: true });
    },
  };
};
