import { join } from 'node:path';
import type { Log } from '../core/log.js';
import { ensureServers } from './ensure-servers.js';
import type { Environment } from './environment.js';
import type { Java } from './find-java.js';
import { LOOPBACK } from './free-ports.js';
import type { HomeLock } from './home-lock.js';
import { startKafka } from './kafka-server.js';
import { startMysql } from './mysql-server.js';
import { registryUrl, startRegistry } from './registry-server.js';
import { dataFolder } from './remove-data.js';
import type { EngineAddresses, EngineName } from './running-engines.js';
import type { ServerFiles } from './server-files.js';
import type { ServerGroup } from './server-group.js';
import type { Server, ServerContext } from './start-server.js';

export type EngineOptions<N extends EngineName = EngineName> = Readonly<{
  /** Holds the servers' data and logs; only one program at a time can run servers there. */
  home: string;
  /** Holds the downloaded programs, may be shared; `dist` in the home if not given. */
  downloads?: string;
  env: Environment;
  log?: Log;
  onProgress(text: string): void;
  /** Ends the start; once started, only `stop` stops the servers. */
  signal: AbortSignal;
  /** Which servers to start, all if not given; the registry brings Kafka along. */
  only?: readonly N[];
}>;

export type Addresses = { -readonly [N in EngineName]?: EngineAddresses[N] };
type Start = Readonly<{
  files: ServerFiles;
  group: ServerGroup;
  contextOf(name: EngineName): ServerContext;
  log: Log | undefined;
}>;

/** Starts one server, tells about it, and puts it with the others. */
const started = async <S extends Server>({ group, log }: Start, starting: Promise<S>): Promise<S> => {
  const from = Date.now();
  const server = await starting;
  group.add(server);
  log?.info({ server: server.name, port: server.ports[0], pid: server.process.pid, ms: Date.now() - from }, 'server started');
  return server;
};

export const wants = (only: readonly EngineName[] | undefined, name: EngineName): boolean => only?.includes(name) ?? true;

const startKafkaFirst = async (start: Start, java: Java, withRegistry: boolean): Promise<Addresses> => {
  const kafka = await started(start, startKafka({ java, jars: start.files.kafkaJars }, start.contextOf('kafka')));
  const brokers = [`${LOOPBACK}:${kafka.ports[0]}`];
  const addresses: Addresses = { kafka: { brokers, clusterId: kafka.clusterId } };
  if (!withRegistry) return addresses;
  const registry = await started(
    start,
    startRegistry({ java, jar: start.files.registryJar }, brokers, start.contextOf('registry')),
  );
  return { ...addresses, registry: { url: registryUrl(registry.ports[0] ?? 0) } };
};

const startDatabase = async (start: Start): Promise<Addresses> => {
  const mysql = await started(start, startMysql(start.files.mysql, start.contextOf('mysql')));
  const { adminUser, adminPassword } = mysql;
  return { mysql: { host: LOOPBACK, port: mysql.ports[0] ?? 0, adminUser, adminPassword } };
};

/** All of them, or the first error; when this returns, none is still starting. */
const together = async (starts: readonly Promise<Addresses>[], giveUp: AbortController): Promise<Addresses> => {
  const watched = starts.map((one) =>
    one.catch((error: unknown) => {
      giveUp.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(watched);
  giveUp.signal.throwIfAborted();
  return Object.assign({}, ...(await Promise.all(watched)));
};

export const startAll = async (
  options: EngineOptions & { downloads: string },
  java: Java | undefined,
  group: ServerGroup,
  lock: HomeLock,
): Promise<Addresses> => {
  const { home, env, log, only, onProgress } = options;
  const files = await ensureServers(options);
  const giveUp = new AbortController();
  const signal = AbortSignal.any([options.signal, group.died, giveUp.signal]);
  const context = { logFolder: join(home, 'logs'), env, signal, onProcess: lock.addProcess };
  const contextOf = (name: EngineName): ServerContext => ({ ...context, dataFolder: join(dataFolder(home), name) });
  const start: Start = { files, group, log, contextOf };
  onProgress('starting servers');
  return together(
    [
      ...(java === undefined ? [] : [startKafkaFirst(start, java, wants(only, 'registry'))]),
      ...(wants(only, 'mysql') ? [startDatabase(start)] : []),
    ],
    giveUp,
  );
};
