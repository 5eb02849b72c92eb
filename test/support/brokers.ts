import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureServers } from '../../src/engines/ensure-servers.js';
import { findJava } from '../../src/engines/find-java.js';
import { freePorts, LOOPBACK } from '../../src/engines/free-ports.js';
import { kafkaAnswers } from '../../src/engines/kafka-ready.js';
import { runToEnd } from '../../src/engines/run-to-end.js';
import { type Supervised, supervise } from '../../src/engines/supervise.js';
import { eventually } from './program.js';

/** A cluster of brokers, each of which is a controller too. */
export type Brokers = Readonly<{
  addresses: readonly string[];
  /** SIGKILL; resolves when the process is gone. @param node counted from 1 */
  kill(node: number): Promise<void>;
  /** Starts it again on its ports and its data. */
  start(node: number): Promise<void>;
  close(): Promise<void>;
}>;

type Node = { readonly id: number; readonly port: number; readonly folder: string; process?: Supervised | undefined };

const properties = ({ id, port, folder }: Node, voters: string, controller: number): string => `process.roles=broker,controller
node.id=${id}
controller.quorum.voters=${voters}
listeners=CLIENT://${LOOPBACK}:${port},CONTROLLER://${LOOPBACK}:${controller}
advertised.listeners=CLIENT://${LOOPBACK}:${port}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs=${join(folder, 'log')}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=500
min.insync.replicas=2
offsets.topic.replication.factor=3
offsets.topic.num.partitions=10
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
share.coordinator.state.topic.num.partitions=3
`;

const LOGGING = `status=warn
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
`;

/** Small, and quick to start. */
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const FORMAT_WITHIN_MS = 120_000;
const READY_WITHIN_MS = 120_000;

/** Starts so many brokers that replicate each other's topics; they stop with this process, however it ends. */
export const startBrokers = async (count: number): Promise<Brokers> => {
  const signal = new AbortController().signal;
  const env = process.env;
  const root = join(__dirname, '..', '..');
  const java = await findJava(env);
  const { kafkaJars } = await ensureServers({ downloads: join(root, '.rowbridge', 'dist'), env, onProgress: () => {}, signal });
  const home = await mkdtemp(join(tmpdir(), 'rowbridge-brokers-'));
  const ports = await freePorts(2 * count);
  const clusterId = `x${randomBytes(16).toString('base64url').slice(1)}`;
  const nodes: Node[] = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    port: ports[index] as number,
    folder: join(home, String(index + 1)),
  }));
  const controllerOf = ({ id }: Node): number => ports[count + id - 1] as number;
  const voters = nodes.map((node) => `${node.id}@${LOOPBACK}:${controllerOf(node)}`).join(',');
  const nodeOf = (id: number): Node => nodes[id - 1] as Node;
  const argsOf = ({ folder }: Node): string[] => [
    ...JVM,
    `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`,
    '-cp',
    join(kafkaJars, '*'),
  ];

  const format = async (node: Node): Promise<void> => {
    mkdirSync(node.folder, { recursive: true });
    writeFileSync(join(node.folder, 'log4j2.properties'), LOGGING);
    writeFileSync(join(node.folder, 'server.properties'), properties(node, voters, controllerOf(node)));
    const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', join(node.folder, 'server.properties')];
    const run = { name: `formatting broker ${node.id}`, command: java.command, args: [...argsOf(node), ...tool], input: '' };
    const context = { dataFolder: node.folder, logFolder: node.folder, env, signal, onProcess: () => {} };
    await runToEnd({ ...run, withinMs: FORMAT_WITHIN_MS }, context);
  };

  const launch = async (node: Node): Promise<void> => {
    const outputTo = openSync(join(node.folder, 'broker.log'), 'a');
    const args = [...argsOf(node), 'kafka.Kafka', join(node.folder, 'server.properties')];
    node.process = await supervise({ command: java.command, args, cwd: node.folder, env, graceMs: 3_000, outputTo });
    closeSync(outputTo);
  };

  const ready = (node: Node): Promise<true> =>
    eventually(`broker ${node.id} answers`, READY_WITHIN_MS, async () =>
      (await kafkaAnswers(node.port)) ? true : undefined,
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${readFileSync(join(node.folder, 'broker.log'), 'utf8').slice(-2_000)}`);
    });

  for (const node of nodes) await format(node);
  for (const node of nodes) await launch(node);
  await Promise.all(nodes.map(ready));
  return {
    addresses: nodes.map(({ port }) => `${LOOPBACK}:${port}`),
    async kill(id) {
      const { process: running } = nodeOf(id);
      if (running === undefined) throw new Error(`broker ${id} does not run`);
      process.kill(running.pid, 'SIGKILL');
      await running.ended;
      nodeOf(id).process = undefined;
    },
    async start(id) {
      await launch(nodeOf(id));
      await ready(nodeOf(id));
    },
    async close() {
      await Promise.all(nodes.map(({ process: running }) => running?.stop()));
      await rm(home, { recursive: true, force: true });
    },
  };
};
