import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Java } from './find-java.js';
import { LOOPBACK } from './free-ports.js';
import { kafkaAnswers } from './kafka-ready.js';
import { completeFolder, keptText, writeOwnFile } from './own-files.js';
import { runToEnd } from './run-to-end.js';
import { type Server, type ServerContext, startServer } from './start-server.js';

const FORMAT_WITHIN_MS = 60_000;

export type KafkaFiles = Readonly<{ java: Java; jars: string }>;

/** Kafka writes ids in URL-safe base64; one that begins with a dash would be taken for an option. */
const newClusterId = (): string => {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? newClusterId() : id;
};

/** Backslashes begin an escape in a properties file. */
const propertyPath = (path: string): string => path.replaceAll('\\', '/');

const serverProperties = (
  logFolder: string,
  broker: number,
  controller: number,
  advertised = broker,
): string => `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${LOOPBACK}:${controller}
listeners=CLIENT://${LOOPBACK}:${broker},CONTROLLER://${LOOPBACK}:${controller}
advertised.listeners=CLIENT://${LOOPBACK}:${advertised}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs=${propertyPath(logFolder)}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=500
offsets.topic.replication.factor=1
offsets.topic.num.partitions=10
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=10
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=10
`;

const LOGGING = `status=warn
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{yyyy-MM-dd HH:mm:ss.SSS} %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
`;

export type KafkaPlace = Readonly<{
  /** Its own port and its controller's; free ones if not given. */
  onPorts?: readonly [broker: number, controller: number];
  /** The port that it sends its clients to, where that is not its own but that of something in between. */
  advertised?: number;
}>;

/** A Kafka broker of one node that keeps its topics in `<dataFolder>/log`. */
export const startKafka = async (
  { java, jars }: KafkaFiles,
  context: ServerContext,
  name = 'kafka',
  { onPorts, advertised }: KafkaPlace = {},
): Promise<Server & { clusterId: string }> => {
  const { dataFolder } = context;
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const clusterId = keptText(join(dataFolder, 'cluster-id'), newClusterId);
  const logFolder = join(dataFolder, 'log');
  const logging = join(dataFolder, 'log4j2.properties');
  writeOwnFile(logging, LOGGING);
  const javaArgs = [`-Dlog4j2.configurationFile=${propertyPath(logging)}`, '-cp', join(jars, '*')];

  await completeFolder(logFolder, async (temporary) => {
    const properties = join(dataFolder, 'format.properties');
    writeOwnFile(properties, serverProperties(temporary, 1, 2));
    const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties];
    const args = ['-XX:TieredStopAtLevel=1', ...javaArgs, ...tool];
    const run = { name: `formatting ${name}'s storage`, command: java.command, args, input: '', withinMs: FORMAT_WITHIN_MS };
    await runToEnd(run, context);
  });

  const launch = ([broker = 0, controller = 0]: readonly number[]) => {
    const properties = join(dataFolder, 'server.properties');
    writeOwnFile(properties, serverProperties(logFolder, broker, controller, advertised));
    const args = ['-Xmx512m', ...javaArgs, 'kafka.Kafka', properties];
    return { command: java.command, args, isReady: () => kafkaAnswers(broker) };
  };
  const plan = { name, ports: 2, graceMs: 5_000, launch, ...(onPorts === undefined ? {} : { onPorts }) };
  return { ...(await startServer(plan, context)), clusterId };
};
