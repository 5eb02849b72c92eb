import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openConnection } from '../adapters/mysql/connect.js';
import { setupDatabase } from '../adapters/mysql/setup.js';
import { readTable } from '../adapters/mysql/table.js';
import type { Config, ServerEnvironment } from '../config.js';
import type { Log } from '../core/log.js';
import { keepTrying } from '../core/patience.js';
import { type Pipeline, type Row, tableFeeds } from '../core/pipeline.js';
import type { Topic } from '../core/topic.js';
import { packageRoot } from '../package-root.js';
import type { Clients } from './clients.js';
import { ensureDeadLetterTopics } from './dead-letter-topics.js';
import { stateDirectory } from './table-feed.js';

export type SetupOptions = Readonly<{
  config: Config;
  servers: Partial<ServerEnvironment>;
  clients: Clients;
  pipeline: Pipeline;
  log: Log;
  signal: AbortSignal;
  /** How long to wait for a server that is away. */
  forMs: number;
}>;

const EVERYBODY = 0o777;

/** Every topic of a pipeline, once. */
export const topicsOf = ({ feeds, workers }: Pipeline): readonly Topic<Row>[] => [
  ...new Map(
    [...feeds.map(({ topic }) => topic), ...workers.flatMap(({ from }) => from)].map((topic) => [topic.name, topic]),
  ).values(),
];

/** As root, as in docker compose, the folders are opened to all: the person who typed the command may have any uid. */
const openDirectories = async ({ config, pipeline }: SetupOptions): Promise<void> => {
  const states = tableFeeds(pipeline).map((definition) => stateDirectory(config, definition));
  for (const directory of [config.stateDirectory, config.logsDirectory, ...states]) {
    await mkdir(directory, { recursive: true });
    if (process.getuid?.() === 0) await chmod(directory, EVERYBODY);
  }
};

/** Registers the schema of a topic, with the columns of the table that feeds it. */
const openTopic = async ({ clients, pipeline }: SetupOptions, topic: Topic<Row>): Promise<void> => {
  const feed = tableFeeds(pipeline).find((one) => one.topic.name === topic.name);
  if (feed === undefined || topic.format.kind !== 'avro') {
    await clients.codec.open(topic);
    return;
  }
  const connection = await openConnection({ ...clients.administrator, database: clients.database }, { role: 'setup' });
  try {
    const { columns } = await readTable(connection.query, { table: feed.source.table });
    await clients.codec.open(topic, columns);
  } finally {
    await connection.close();
  }
};

/** Makes all that a pipeline needs: folders, database, accounts, topics, schemas. Safe to run twice, and after a kill half-way. */
export const setUp = async (options: SetupOptions): Promise<void> => {
  const { servers, clients, pipeline, log, signal, forMs } = options;
  const topics = topicsOf(pipeline);
  const patience = { log, signal, forMs };
  await openDirectories(options);
  const tables = tableFeeds(pipeline).map(({ source }) => source.table);
  if (tables.length > 0)
    await keepTrying(
      () =>
        setupDatabase({
          admin: clients.administrator,
          database: clients.database,
          tables,
          updater: { user: servers.MYSQL_UPDATER_USER ?? '', password: servers.MYSQL_UPDATER_PASSWORD ?? '' },
          capture: { user: servers.MYSQL_USER ?? '', password: servers.MYSQL_PASSWORD ?? '' },
          migrationsDirectory: join(packageRoot, 'db', 'migrations'),
          log,
        }),
      patience,
    );
  const names = topics.map(({ name }) => name);
  await keepTrying(() => clients.admin.ensureTopics(topics), patience);
  await keepTrying(() => ensureDeadLetterTopics(clients, names), patience);
  for (const topic of topics) await keepTrying(() => openTopic(options, topic), patience);
  log.info({ tables, topics: names }, 'set up');
};
