import { join } from 'node:path';
import { schemaFileOf } from '../adapters/avro/topic-schema.js';
import { stateFile } from '../adapters/files/state-file.js';
import { checkPartitions } from '../adapters/kafka/admin.js';
import { openConnection } from '../adapters/mysql/connect.js';
import { feedLockRole } from '../adapters/mysql/lock.js';
import { tableOrigin } from '../adapters/mysql/origin.js';
import { type PollingOptions, pollingCapture } from '../captures/polling/index.js';
import type { Config } from '../config.js';
import { type DeadLetterLimit, type DeadLetters, deadLetters } from '../core/dead-letters.js';
import { type FeedMarker, runFeed } from '../core/feed.js';
import type { Guarantee } from '../core/guarantee.js';
import type { Log } from '../core/log.js';
import { keepTrying } from '../core/patience.js';
import type { TableFeed } from '../core/pipeline.js';
import { deadLetterTopicOf } from '../core/topic.js';
import { type Clients, schemasDirectory } from './clients.js';
import { takeTurn } from './feed-lock.js';
import { alone, type Share } from './share.js';
import { watchPartitions } from './watch-partitions.js';

export type TableFeedOptions = Readonly<{
  config: Config;
  clients: Clients;
  definition: TableFeed;
  log: Log;
  signal: AbortSignal;
  wait: boolean;
  /** How the feed is shared with other processes; alone unless said otherwise. */
  share?: Share;
  deadLetterLimit?: DeadLetterLimit | undefined;
  onGuarantee?(guarantee: Guarantee): void;
  onCaptured?(rows: number): void;
  onPublished?(records: number): void;
  onMarker?(marker: FeedMarker): void;
}>;

/** Where a feed keeps its state: under its own name, since a table may have several feeds. */
export const stateDirectory = (config: Config, { name }: TableFeed): string => join(config.stateDirectory, name);

/** A server that does not answer for so long is taken for gone, and the lock with it. */
const LOCK_DEADLINE_MS = 10_000;

/** The table, and the schema that its rows have to fit. */
const tableOf = ({ source: { table, cursor, key }, topic }: TableFeed) => {
  if (topic.format.kind !== 'avro')
    throw new TypeError(`topic '${topic.name}' needs an Avro schema: a table's values are exact in Avro only`);
  const { closed } = topic.format;
  return { table, cursor, key, closed, schemaFile: schemaFileOf(schemasDirectory, topic.format) };
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

/** One run of a feed under its lock, until the signal aborts, the feed is given up or a server goes away. */
const once = async (options: TableFeedOptions, letters: DeadLetters): Promise<void> => {
  const { clients, definition, config, log, signal, share = alone } = options;
  const { topic, name } = definition;
  const { database } = clients;
  checkPartitions([topic], await clients.admin.partitionCounts([topic.name, deadLetterTopicOf(topic.name)]));
  const role = { role: feedLockRole(database, name), deadlineMs: LOCK_DEADLINE_MS };
  const lockConnection = await openConnection(clients.capture, role);
  const over = new AbortController();
  void watchPartitions({
    topic,
    partitionCounts: clients.admin.partitionCounts,
    log,
    signal: AbortSignal.any([signal, over.signal]),
  });
  try {
    const turn = await takeTurn({ database, feed: name, share, log, signal }, lockConnection);
    if (turn === undefined) return;
    const { lock, place } = turn;
    try {
      await runFeed({
        name,
        source: pollingCapture(captureOptions(options)),
        topic,
        codec: clients.codec,
        publish: (to, batches) => clients.publish(to, batches, lock.sure),
        deadLetters: letters,
        reader: clients.reader,
        positions: stateFile(stateDirectory(config, definition)),
        adopt: share.adopts,
        origin: async () => {
          const cluster = await clients.admin.clusterId();
          return {
            ...(await tableOrigin(lockConnection.query, definition.source.table)),
            ...(cluster === undefined ? {} : { cluster }),
          };
        },
        stillOurs: () => lock.held(),
        log,
        signal: AbortSignal.any([signal, place.giveUp]),
        ...(options.onPublished === undefined ? {} : { onPublished: options.onPublished }),
        ...(options.onMarker === undefined ? {} : { onMarker: options.onMarker }),
      });
    } finally {
      place.leave();
    }
  } finally {
    over.abort();
    await lockConnection.close();
  }
};

/**
 * Runs a feed until the signal aborts; waits for servers that are away and goes on by itself.
 * @throws BridgeError `environment` with `wait` false when a server is away at the start, or when another producer holds the feed
 */
export const runTableFeed = async (options: TableFeedOptions): Promise<void> => {
  const { clients, log, signal, wait, deadLetterLimit } = options;
  const letters = deadLetters(clients.publish, deadLetterLimit);
  const untilAborted = async (): Promise<void> => {
    while (!signal.aborted) await once(options, letters);
  };
  await keepTrying(untilAborted, { log, signal, ...(wait ? {} : { forMs: 0 }) });
};
