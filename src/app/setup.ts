import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setupDatabase } from '../adapters/mysql/setup.js';
import type { Config, ServerEnvironment } from '../config.js';
import type { Log } from '../core/log.js';
import { keepTrying } from '../core/patience.js';
import { type Pipeline, type Row, tableFeeds } from '../core/pipeline.js';
import { deadLetterTopicOf, type Topic } from '../core/topic.js';
import { packageRoot } from '../package-root.js';
import type { Clients } from './clients.js';

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
  const states = tableFeeds(pipeline).map(({ source }) => join(config.stateDirectory, source.table));
  for (const directory of [config.stateDirectory, config.logsDirectory, ...states]) {
    await mkdir(directory, { recursive: true });
    if (process.getuid?.() === 0) await chmod(directory, EVERYBODY);
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
  const deadLetters = topics.map(({ name }) => ({ name: deadLetterTopicOf(name), partitions: 1 }));
  await keepTrying(() => clients.admin.ensureTopics([...topics, ...deadLetters]), patience);
  for (const topic of topics) await keepTrying(() => clients.codec.open(topic), patience);
  log.info({ tables, topics: topics.map(({ name }) => name) }, 'set up');
};
