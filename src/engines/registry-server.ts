import { mkdirSync } from 'node:fs';
import { within } from '../core/within.js';
import type { Environment } from './environment.js';
import type { Java } from './find-java.js';
import { LOOPBACK } from './free-ports.js';
import { type Server, type ServerContext, startServer } from './start-server.js';

const ASK_WITHIN_MS = 5_000;

export type RegistryFiles = Readonly<{ java: Java; jar: string }>;

const answers = async (url: string): Promise<boolean> => {
  try {
    return await within(ASK_WITHIN_MS, async (signal) => {
      const response = await fetch(url, { signal });
      await response.arrayBuffer();
      return response.ok;
    });
  } catch {
    return false;
  }
};

/** Without the user's settings for another registry. */
const withoutForeignSettings = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(APICURIO|QUARKUS)_/.test(name)));

export const registryUrl = (port: number): string => `http://${LOOPBACK}:${port}/apis/ccompat/v7`;

const settings = (brokers: readonly string[], port: number, healthPort: number, dataFolder: string): Record<string, string> => ({
  'quarkus.http.host': LOOPBACK,
  'quarkus.http.port': String(port),
  'quarkus.management.host': LOOPBACK,
  'quarkus.management.port': String(healthPort),
  'apicurio.storage.kind': 'kafkasql',
  'apicurio.kafkasql.bootstrap.servers': brokers.join(','),
  'apicurio.storage.snapshot.location': dataFolder,
  // It waits for this long, twice, for snapshots that nobody makes here; 5 s if left alone.
  'apicurio.kafkasql.consumer.poll.timeout': '300',
  'quarkus.log.level': 'WARN',
});

/** A schema registry that keeps its schemas in Kafka. */
export const startRegistry = async (
  { java, jar }: RegistryFiles,
  brokers: readonly string[],
  context: ServerContext,
  name = 'registry',
): Promise<Server> => {
  mkdirSync(context.dataFolder, { recursive: true, mode: 0o700 });
  const launch = ([port = 0, healthPort = 0]: readonly number[]) => {
    const options = Object.entries(settings(brokers, port, healthPort, context.dataFolder)).map(
      ([key, value]) => `-D${key}=${value}`,
    );
    const args = ['-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...options, '-jar', jar];
    // It answers requests before it has read its schemas back from Kafka: only its health tells that it has.
    const isReady = async () =>
      (await answers(`http://${LOOPBACK}:${healthPort}/health/ready`)) && (await answers(`${registryUrl(port)}/subjects`));
    return { command: java.command, args, isReady };
  };
  const env = withoutForeignSettings(context.env);
  return startServer({ name, ports: 2, graceMs: 2_000, launch }, { ...context, env });
};
