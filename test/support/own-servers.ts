import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureServers } from '../../src/engines/ensure-servers.js';
import { findJava } from '../../src/engines/find-java.js';
import { freePorts } from '../../src/engines/free-ports.js';
import { startKafka } from '../../src/engines/kafka-server.js';
import { startMysql } from '../../src/engines/mysql-server.js';
import type { Server, ServerContext } from '../../src/engines/start-server.js';
import { type FakeRegistry, fakeRegistry } from './fake-registry.js';
import { startProxy, type TcpProxy } from './proxy.js';
import type { WorldServers } from './world.js';

/** A real server that a test may ill-treat. It comes again with the same ports and the same data. */
export type OwnServer = Readonly<{
  /** Between the program and the server. */
  proxy: TcpProxy;
  /** The server's own port, past the proxy. */
  port: number;
  pid(): number;
  /** Ends it, and resolves when it has ended. A server that hangs at TERM is killed after its grace. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Holds it, and lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Resolves when it is ready again. */
  start(): Promise<void>;
}>;

export type OwnServers = Readonly<{
  kafka: OwnServer;
  mysql: OwnServer;
  registry: FakeRegistry;
  /** As the program is to see them: through the proxies. */
  servers: WorldServers;
  /** Ends all troubles. */
  heal(): void;
  close(): Promise<void>;
}>;

const DOWNLOADS = join(__dirname, '..', '..', '.rowbridge', 'dist');
const ENDED_WITHIN_MS = 20_000;

const ownServer = (proxy: TcpProxy, first: Server, again: () => Promise<Server>): OwnServer => {
  let server = first;
  return {
    proxy,
    port: first.ports[0] as number,
    pid: () => server.process.pid,
    async kill(signal) {
      process.kill(server.process.pid, signal);
      const timer = setTimeout(() => process.kill(server.process.pid, 'SIGKILL'), ENDED_WITHIN_MS);
      await server.process.ended;
      clearTimeout(timer);
    },
    signal: (signal) => void process.kill(server.process.pid, signal),
    async start() {
      server = await again();
      servers.add(server);
    },
  };
};

/** Every server that this file started, for the end. */
const servers = new Set<Server>();

/** A Kafka and a MySQL of the caller's own behind proxies, and a registry that does what it is told. Takes some ten seconds. */
export const ownServers = async (): Promise<OwnServers> => {
  const home = await mkdtemp(join(tmpdir(), 'rowbridge-own-servers-'));
  const { env } = process;
  const { signal } = new AbortController();
  const files = await ensureServers({ downloads: DOWNLOADS, env, signal, onProgress: () => {} });
  const java = await findJava(env);
  const [broker = 0, controller = 0, database = 0] = await freePorts(3);
  const kafkaProxy = await startProxy({ target: broker });
  const mysqlProxy = await startProxy({ target: database });
  const contextOf = (name: string): ServerContext => ({
    dataFolder: join(home, name),
    logFolder: join(home, 'logs'),
    env,
    signal,
    onProcess: () => {},
  });
  const kafkaAgain = () =>
    startKafka({ java, jars: files.kafkaJars }, contextOf('kafka'), 'kafka', {
      onPorts: [broker, controller],
      advertised: kafkaProxy.port,
    });
  const mysqlAgain = () => startMysql(files.mysql, contextOf('mysql'), 'mysql', [database]);
  const [kafka, mysql, registry] = await Promise.all([kafkaAgain(), mysqlAgain(), fakeRegistry()]);
  servers.add(kafka).add(mysql);
  const account = { host: '127.0.0.1', adminUser: mysql.adminUser, adminPassword: mysql.adminPassword };
  const heal = (): void => {
    kafkaProxy.heal();
    mysqlProxy.heal();
    registry.heal();
  };
  return {
    kafka: ownServer(kafkaProxy, kafka, kafkaAgain),
    mysql: ownServer(mysqlProxy, mysql, mysqlAgain),
    registry,
    servers: {
      kafka: { brokers: [`127.0.0.1:${kafkaProxy.port}`] },
      registry: { url: registry.url },
      mysql: { ...account, port: mysqlProxy.port, directPort: database },
    },
    heal,
    async close() {
      await Promise.all([...servers].map((server) => server.process.stop()));
      await Promise.all([kafkaProxy.close(), mysqlProxy.close(), registry.close()]);
      await rm(home, { recursive: true, force: true });
    },
  };
};
