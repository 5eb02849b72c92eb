import { registryAddress } from '../../adapters/avro/registry-url.js';
import { brokerList } from '../../adapters/kafka/broker-list.js';
import { clusterFacts } from '../../adapters/kafka/topic-facts.js';
import { openConnection } from '../../adapters/mysql/connect.js';
import { readTable } from '../../adapters/mysql/table.js';
import type { Config } from '../../config.js';
import type { Log } from '../../core/log.js';
import { type Pipeline, type TableFeed, tableFeeds } from '../../core/pipeline.js';
import { deadLetterTopicOf } from '../../core/topic.js';
import type { Clients } from '../clients.js';
import { topicsOf } from '../setup.js';
import { captureOptions } from '../table-feed.js';
import { type Check, examine, type Finding } from './finding.js';
import { missingGrantFindings, needlessGrantFindings } from './grant-checks.js';
import { letterRoomFindings, topicFindings } from './kafka-checks.js';
import { directoryFindings, nodeFindings } from './machine-checks.js';
import { registryFindings } from './registry-checks.js';
import { largestRow, rowSizeFindings } from './row-size.js';
import { clockFindings, horizonFindings, openTransactionFindings, portFindings, variableFindings } from './server-checks.js';
import { tableFindings } from './table-checks.js';

export type { Finding } from './finding.js';

export type DoctorOptions = Readonly<{ config: Config; clients: Clients; pipeline: Pipeline; log: Log; signal: AbortSignal }>;

const SCAN_DEADLINE_MS = 30_000;

const registryAt = (text: string): Readonly<{ host: string; port: number }> => {
  const { hostname: host, port, protocol } = new URL(registryAddress(text).url);
  return { host, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
};

const addresses = ({ config, pipeline }: DoctorOptions) => {
  const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL, MYSQL_HOST, MYSQL_PORT } = config.servers;
  const avro = topicsOf(pipeline).some(({ format }) => format.kind === 'avro');
  return [
    ...brokerList(KAFKA_BROKERS).map((broker) => ({ name: 'Kafka', ...broker })),
    ...(avro && SCHEMA_REGISTRY_URL !== undefined ? [{ name: 'the registry', ...registryAt(SCHEMA_REGISTRY_URL) }] : []),
    ...(tableFeeds(pipeline).length > 0 && MYSQL_HOST !== undefined
      ? [{ name: 'MySQL', host: MYSQL_HOST, port: Number(MYSQL_PORT) }]
      : []),
  ];
};

/** All of the database over one connection of the capture's account: a server that is away is told once. */
const databaseCheck = (options: DoctorOptions, feeds: readonly TableFeed[]): Check => ({
  name: 'mysql',
  async *run() {
    const { clients, log, signal, config } = options;
    const account = `'${clients.capture.user}'@'%'`;
    const connection = await openConnection(clients.capture, { role: 'doctor', deadlineMs: SCAN_DEADLINE_MS });
    const { query } = connection;
    try {
      yield* examine([
        { name: 'variables', run: () => variableFindings(query) },
        { name: 'clock', run: () => clockFindings(query) },
        {
          name: 'grants',
          run: () =>
            missingGrantFindings(
              query,
              account,
              feeds.map(({ source }) => source.table),
            ),
        },
        { name: 'grants', run: () => needlessGrantFindings(query, account) },
        { name: 'horizon', run: () => horizonFindings(query) },
        { name: 'transactions', run: () => openTransactionFindings(query) },
        ...feeds.map((definition) => ({
          name: definition.source.table,
          run: () => tableFindings(query, captureOptions({ config, clients, definition, log, signal, wait: false })),
        })),
      ]);
    } finally {
      await connection.close();
    }
  },
});

/** The largest row, or nothing where the database cannot be asked: that is told elsewhere. */
const largestRowOf = async ({ clients }: DoctorOptions, { source }: TableFeed): Promise<number | undefined> => {
  try {
    const connection = await openConnection(clients.capture, { role: 'doctor', deadlineMs: SCAN_DEADLINE_MS });
    try {
      const table = await readTable(connection.query, { database: clients.database, table: source.table });
      return await largestRow(connection.query, source.table, table);
    } finally {
      await connection.close();
    }
  } catch {
    return undefined;
  }
};

const topicsCheck = (options: DoctorOptions): Check => ({
  name: 'topics',
  async *run() {
    const { pipeline, clients } = options;
    const wanted = topicsOf(pipeline).flatMap(({ name, partitions }) => [
      { name, partitions },
      { name: deadLetterTopicOf(name), partitions: 1 },
    ]);
    const { brokers, topics } = await clusterFacts(
      clients.kafka,
      wanted.map(({ name }) => name),
    );
    for (const topic of wanted) yield* topicFindings(topic, topics.get(topic.name), brokers);
    for (const { name } of topicsOf(pipeline)) {
      const [own, letters] = [topics.get(name), topics.get(deadLetterTopicOf(name))];
      if (own !== undefined && letters !== undefined)
        yield* letterRoomFindings(name, own.maxMessageBytes, letters.maxMessageBytes);
    }
    for (const feed of tableFeeds(pipeline)) {
      const facts = topics.get(feed.topic.name);
      const bytes = facts === undefined ? undefined : await largestRowOf(options, feed);
      if (facts !== undefined && bytes !== undefined)
        yield* rowSizeFindings(bytes, feed.source.table, feed.topic.name, facts.maxMessageBytes);
    }
  },
});

/** Looks at everything a pipeline needs, without changing anything but an empty file in its own directories. */
export const diagnose = (options: DoctorOptions): AsyncIterable<Finding> => {
  const { config, clients, pipeline } = options;
  const feeds = tableFeeds(pipeline);
  const formats = topicsOf(pipeline).flatMap(({ format }) => (format.kind === 'avro' ? [format] : []));
  return examine([
    { name: 'node', run: () => nodeFindings() },
    ...(feeds.length > 0 ? [{ name: 'directories', run: () => directoryFindings(config.stateDirectory, 'positions') }] : []),
    { name: 'directories', run: () => directoryFindings(config.logsDirectory, 'consumer logs') },
    { name: 'ports', run: () => portFindings(addresses(options)) },
    ...(feeds.length > 0 ? [databaseCheck(options, feeds)] : []),
    topicsCheck(options),
    ...(formats.length > 0 ? [{ name: 'registry', run: () => registryFindings(clients.avro, formats) }] : []),
  ]);
};
