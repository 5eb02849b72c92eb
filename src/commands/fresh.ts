import { openConnection } from '../adapters/mysql/connect.js';
import { type Clients, openClients } from '../app/clients.js';
import { topicsOf } from '../app/setup.js';
import type { ServerEnvironment } from '../config.js';
import { BridgeError } from '../core/errors.js';
import { keepTrying } from '../core/patience.js';
import { type Pipeline, tableFeeds } from '../core/pipeline.js';
import { retryGroupOf } from '../core/retry.js';
import { deadLetterTopicOf } from '../core/topic.js';
import type { Context, Options } from './command.js';
import { ONE_SHOT_MS } from './setup.js';

const needsYes = (what: string): BridgeError =>
  new BridgeError({
    code: 'FRESH_NEEDS_YES',
    kind: 'configuration',
    found: `--fresh on given servers deletes ${what}.`,
    fix: 'Add --yes if that is what you want.',
  });

const dropTables = async ({ administrator, database }: Clients, tables: readonly string[]): Promise<void> => {
  const connection = await openConnection(administrator, { role: 'fresh' });
  try {
    for (const table of tables) await connection.query('DROP TABLE IF EXISTS ??.??', [database, table]);
    await connection.query('DROP TABLE IF EXISTS ??.knex_migrations, ??.knex_migrations_lock', [database, database]);
  } finally {
    await connection.close();
  }
};

/** Deletes a pipeline's tables, topics and groups on servers that are not ours. @throws BridgeError `configuration` without --yes */
export const freshOnGivenServers = async (
  context: Context,
  pipeline: Pipeline,
  servers: Partial<ServerEnvironment>,
  options: Options,
): Promise<void> => {
  const { config, lifecycle, log } = context;
  const { signal, onRelease } = lifecycle;
  const tables = tableFeeds(pipeline).map(({ source }) => source.table);
  const topics = topicsOf(pipeline).flatMap(({ name }) => [name, deadLetterTopicOf(name)]);
  const retries = topicsOf(pipeline).map(({ name }) => retryGroupOf(name));
  const groups = [...pipeline.workers.map(({ name }) => name), ...retries];
  if (options.yes !== true)
    throw needsYes(
      `${tables.length === 0 ? '' : `the tables ${tables.join(', ')}, `}the topics ${topics.join(', ')} and the groups ${groups.join(', ')}`,
    );
  const clients = await openClients({ config, servers, clientId: 'rowbridge-fresh', log, signal, onRelease });
  const drop = async (): Promise<void> => {
    if (tables.length > 0) await dropTables(clients, tables);
    await clients.admin.deleteGroups(groups);
    await clients.admin.deleteTopics(topics);
  };
  await keepTrying(drop, { log, signal, forMs: ONE_SHOT_MS });
};
