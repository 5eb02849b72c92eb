import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brokerListProblem } from './adapters/kafka/broker-list.js';
import { BridgeError, messageOf } from './core/errors.js';
import { packageRoot } from './package-root.js';
import { settings } from './settings.js';

/** What `engines env` prints and every command reads. All of them, or none. */
export const SERVER_VARIABLES = [
  'KAFKA_BROKERS',
  'SCHEMA_REGISTRY_URL',
  'MYSQL_HOST',
  'MYSQL_PORT',
  'MYSQL_USER',
  'MYSQL_PASSWORD',
  'MYSQL_DATABASE',
  'MYSQL_UPDATER_USER',
  'MYSQL_UPDATER_PASSWORD',
  'MYSQL_ADMIN_USER',
  'MYSQL_ADMIN_PASSWORD',
] as const;

export type ServerVariable = (typeof SERVER_VARIABLES)[number];

export type ServerEnvironment = Readonly<Record<ServerVariable, string>>;

export type Config = Readonly<{
  stateDirectory: string;
  logsDirectory: string;
  /** A consumer log that has grown to this is rotated; undefined for never. */
  logRotateBytes: number | undefined;
  /** What generators draw from. */
  dataDirectory: string;
  /** Of generators, where a person gives no other. */
  generatorSeed: string | undefined;
  enginesHome: string;
  logLevel: string | undefined;
  pollMs: number;
  pageRows: number;
  delayMs: number;
  kafkaSsl: boolean;
  kafkaSasl: Readonly<{ mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }> | undefined;
  /** Of topics that `setup` makes; what is not set follows from the number of brokers. */
  kafkaReplication: Readonly<{ factor: number | undefined; minInSync: number | undefined }>;
  mysqlSslCa: string | undefined;
  /** For tests of crash safety: the process kills itself at this point, e.g. `after-ack:2` for the second time, or stops: `after-ack:2:stop`. */
  killAt: Readonly<{ marker: string; occurrence: number; signal: 'SIGKILL' | 'SIGSTOP' }> | undefined;
  /** For tests: a folder of more pipelines. */
  morePipelines: string | undefined;
  /** The server variables that are set. */
  servers: Partial<ServerEnvironment>;
  /** Every variable that is set, for settings whose names are made of a feed's. */
  given: Readonly<NodeJS.ProcessEnv>;
  /** The environment as it came, for child processes. */
  environment: Readonly<NodeJS.ProcessEnv>;
  /** Whether npm started the program: it forwards no signal, so its end has to be watched for. */
  underNpm: boolean;
}>;

export const settingInvalid = (name: string, problem: string): BridgeError =>
  new BridgeError({
    code: 'SETTING_INVALID',
    kind: 'configuration',
    found: `The environment variable ${name} is not valid: ${problem}.`,
    fix: 'README.md lists the settings and their values.',
  });

const killAtOf = (text: string | undefined): Config['killAt'] => {
  if (text === undefined) return undefined;
  const [marker = '', occurrence = '1', how] = text.split(':');
  return { marker, occurrence: Number(occurrence), signal: how === 'stop' ? 'SIGSTOP' : 'SIGKILL' };
};

/** A variable that is set to nothing counts as not set, as docker compose passes it on. */
const given = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));

const loadDotenv = (file: string): void => {
  if (!existsSync(file)) return;
  try {
    process.loadEnvFile(file);
  } catch (error) {
    throw new BridgeError({
      code: 'DOTENV_UNREADABLE',
      kind: 'configuration',
      found: `Cannot read settings from ${file}: ${messageOf(error)}.`,
      fix: 'Make it a file of lines NAME=value that this user may read, or move it away.',
      cause: error,
    });
  }
};

/**
 * Reads the environment, with a `.env` file of the working directory below it. The only place that does.
 * @throws BridgeError `configuration` naming the variable, or the file
 */
export const readConfig = (directory = process.cwd()): Config => {
  loadDotenv(join(directory, '.env'));
  const environment = given(process.env);
  const parsed = settings.safeParse(environment);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw settingInvalid(String(issue?.path[0]), issue?.message ?? 'unknown form');
  }
  const read = parsed.data;
  const servers: Partial<Record<ServerVariable, string>> = {};
  for (const name of SERVER_VARIABLES) if (environment[name] !== undefined) servers[name] = environment[name];
  return Object.freeze({
    stateDirectory: resolve(directory, read.STATE_DIR),
    logsDirectory: resolve(directory, read.CONSUMER_LOGS_DIR),
    logRotateBytes: read.LOG_ROTATE_BYTES === 0 ? undefined : read.LOG_ROTATE_BYTES,
    dataDirectory: read.DATA_DIR === undefined ? join(packageRoot, 'data') : resolve(directory, read.DATA_DIR),
    generatorSeed: read.GENERATOR_SEED,
    enginesHome: resolve(directory, read.ROWBRIDGE_HOME),
    logLevel: read.LOG_LEVEL,
    pollMs: read.POLL_INTERVAL_MS,
    pageRows: read.PAGE_ROWS,
    delayMs: read.CAPTURE_DELAY_MS,
    kafkaSsl: read.KAFKA_SSL === 'true',
    kafkaSasl:
      read.KAFKA_SASL_MECHANISM === undefined
        ? undefined
        : { mechanism: read.KAFKA_SASL_MECHANISM, username: read.KAFKA_SASL_USERNAME, password: read.KAFKA_SASL_PASSWORD },
    kafkaReplication: { factor: read.KAFKA_REPLICATION_FACTOR, minInSync: read.KAFKA_MIN_INSYNC_REPLICAS },
    mysqlSslCa: read.MYSQL_SSL_CA,
    killAt: killAtOf(read.ROWBRIDGE_TEST_KILL_AT),
    morePipelines: read.ROWBRIDGE_TEST_PIPELINES,
    servers: Object.freeze(servers),
    given: environment,
    environment: process.env,
    underNpm: environment.npm_lifecycle_event !== undefined,
  });
};

/**
 * The server variables that a command needs, checked.
 * @throws BridgeError `configuration` naming all that are missing, or one that is not valid
 */
export const requireServers = <Name extends ServerVariable>(
  config: Config,
  names: readonly Name[],
): Readonly<Record<Name, string>> => {
  const missing = [...new Set(names)].filter((name) => config.servers[name] === undefined);
  if (missing.length > 0)
    throw new BridgeError({
      code: 'SETTINGS_MISSING',
      kind: 'configuration',
      found: `These environment variables are not set: ${missing.join(', ')}.`,
      fix: `Set them, or start servers with 'rowbridge engines up' and read their settings: eval "$(rowbridge engines env)".`,
    });
  const { KAFKA_BROKERS, MYSQL_PORT } = config.servers;
  const problem = KAFKA_BROKERS === undefined ? undefined : brokerListProblem(KAFKA_BROKERS);
  if (problem !== undefined) throw settingInvalid('KAFKA_BROKERS', problem);
  if (MYSQL_PORT !== undefined && !/^\d{1,5}$/.test(MYSQL_PORT))
    throw settingInvalid('MYSQL_PORT', `'${MYSQL_PORT}' is not a port number`);
  return config.servers as Readonly<Record<Name, string>>;
};

/** Whether the servers are given: all of these variables are set. @throws BridgeError `configuration` where only some are */
export const serversGiven = (config: Config, names: readonly ServerVariable[]): boolean => {
  if (names.every((name) => config.servers[name] === undefined)) return false;
  requireServers(config, names);
  return true;
};
