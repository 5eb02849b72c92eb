import { join } from 'node:path';
import { stateFile } from '../adapters/files/state-file.js';
import { checkPartitions } from '../adapters/kafka/admin.js';
import { type Connection, openConnection } from '../adapters/mysql/connect.js';
import { acquireFeedLock, isHeldElsewhere, type Lock } from '../adapters/mysql/lock.js';
import { tableOrigin } from '../adapters/mysql/origin.js';
import { type PollingOptions, pollingCapture } from '../captures/polling/index.js';
import type { Config } from '../config.js';
import { delayOrAbort } from '../core/delay.js';
import { BridgeError } from '../core/errors.js';
import { type FeedMarker, runFeed } from '../core/feed.js';
import type { Guarantee } from '../core/guarantee.js';
import type { Log } from '../core/log.js';
import { keepTrying } from '../core/patience.js';
import type { TableFeed } from '../core/pipeline.js';
import { deadLetterTopicOf } from '../core/topic.js';
import { type Clients, schemasDirectory } from './clients.js';

export type TableFeedOptions = Readonly<{
  config: Config;
  clients: Clients;
  definition: TableFeed;
  log: Log;
  signal: AbortSignal;
  wait: boolean;
  onGuarantee?(guarantee: Guarantee): void;
  onCaptured?(rows: number): void;
  onPublished?(records: number): void;
  onMarker?(marker: FeedMarker): void;
}>;

/** Where a feed keeps its state. */
export const stateDirectory = (config: Config, { source }: TableFeed): string => join(config.stateDirectory, source.table);

const feedLocked = (feed: string, heldBy: string): BridgeError =>
  new BridgeError({
    code: 'FEED_LOCKED',
    kind: 'environment',
    found: `Another producer runs the feed '${feed}': ${heldBy}.`,
    fix: 'Stop that one first; one producer a feed keeps the order.',
  });

/** The lock of a producer that has just died is free within moments: ask for two seconds before giving up. */
const takeLock = async ({ clients, definition, signal }: TableFeedOptions, connection: Connection): Promise<Lock> => {
  for (let asked = 0; ; asked++) {
    const lock = await acquireFeedLock({ connection, database: clients.database, feed: definition.name });
    if (!isHeldElsewhere(lock)) return lock;
    if (asked >= 10 || !(await delayOrAbort(200, signal))) throw feedLocked(definition.name, lock.heldBy);
  }
};

/** The table, and the schema whose fields are read from it. */
const tableOf = ({ source: { table, cursor, key }, topic }: TableFeed) => {
  if (topic.format.kind !== 'avro')
    throw new TypeError(`topic '${topic.name}' needs an Avro schema: the table is read by its fields`);
  return { table, cursor, key, schemaFile: join(schemasDirectory, `${topic.format.schema}.avsc`) };
};

/** How a feed's table is captured. */
export const captureOptions = ({
  config,
  clients,
  definition,
  log,
  onGuarantee,
  onCaptured,
}: TableFeedOptions): PollingOptions => ({
  name: definition.name,
  connect: () => openConnection(clients.capture, { role: `capture ${definition.name}` }),
  database: clients.database,
  ...tableOf(definition),
  everyMs: config.pollMs,
  pageRows: config.pageRows,
  delayMs: config.delayMs,
  log,
  ...(onGuarantee === undefined ? {} : { onGuarantee }),
  ...(onCaptured === undefined ? {} : { onCaptured }),
});

/** One run of a feed under its lock, until the signal aborts or a server goes away. */
const once = async (options: TableFeedOptions): Promise<void> => {
  const { clients, definition, config, log, signal } = options;
  const { topic, name } = definition;
  checkPartitions([topic], await clients.admin.partitionCounts([topic.name, deadLetterTopicOf(topic.name)]));
  const lockConnection = await openConnection(clients.capture, { role: `lock ${name}` });
  try {
    const lock = await takeLock(options, lockConnection);
    await runFeed({
      name,
      source: pollingCapture(captureOptions(options)),
      topic,
      codec: clients.codec,
      publish: clients.publish,
      reader: clients.reader,
      positions: stateFile(stateDirectory(config, definition)),
      origin: async () => {
        const cluster = await clients.admin.clusterId();
        return {
          ...(await tableOrigin(lockConnection.query, definition.source.table)),
          ...(cluster === undefined ? {} : { cluster }),
        };
      },
      stillOurs: () => lock.held(),
      log,
      signal,
      ...(options.onPublished === undefined ? {} : { onPublished: options.onPublished }),
      ...(options.onMarker === undefined ? {} : { onMarker: options.onMarker }),
    });
  } finally {
    await lockConnection.close();
  }
};

/**
 * Runs a feed until the signal aborts; waits for servers that are away and goes on by itself.
 * @throws BridgeError `environment` with `wait` false when a server is away at the start, or when another producer holds the feed
 */
export const runTableFeed = async (options: TableFeedOptions): Promise<void> => {
  const { log, signal, wait } = options;
  await keepTrying(() => once(options), { log, signal, ...(wait ? {} : { forMs: 0 }) });
};
