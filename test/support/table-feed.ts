import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { avroCodec } from '../../src/adapters/avro/index.js';
import { kafkaAdmin } from '../../src/adapters/kafka/admin.js';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { type Connection, openConnection } from '../../src/adapters/mysql/connect.js';
import { tableOrigin } from '../../src/adapters/mysql/origin.js';
import { pollingCapture } from '../../src/captures/polling/index.js';
import { type FeedMarker, runFeed } from '../../src/core/feed.js';
import type { Log } from '../../src/core/log.js';
import type { Row } from '../../src/core/pipeline.js';
import { avro, deadLetterTopicOf, type Topic } from '../../src/core/topic.js';
import { testDatabase } from '../adapters/mysql/test-database.js';
import { memoryPositions } from './memory-feed.js';
import { eventually } from './program.js';
import { testServers, uniqueName } from './servers.js';
import { silentLog } from './silent-log.js';

/** A feed over a table of its own, with a topic, a subject and a reader that never restarts. */
export type TableFeedWorld = Readonly<{
  sql: Connection['query'];
  mariadb: boolean;
  table: string;
  messages: readonly string[];
  schemaFile(schema: object): Promise<void>;
  /** Begins to run; `ended` settles when the feed ends by itself or by `stop`. */
  start(): Readonly<{ ended: Promise<void>; stop(): Promise<void> }>;
  /** Runs until a marker is met for the given time, and is torn off there. */
  tornOff(marker: string, occurrence: number): Promise<void>;
  /** Waits until so many records are in the topic; gives them, decoded in one go by a reader that was there from the start. */
  records(count: number): Promise<readonly Row[]>;
  dead(): Promise<number>;
  versions(): Promise<readonly string[]>;
  close(): Promise<void>;
}>;

const STAMPED = 'last_updated TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)';

const SESSIONS_SQL = `SELECT THREAD_ID thread, PROCESSLIST_ID id, PROCESSLIST_COMMAND command, PROCESSLIST_STATE state,
  PROCESSLIST_TIME seconds, PROCESSLIST_INFO statement, t.STATE transaction
  FROM performance_schema.threads LEFT JOIN performance_schema.events_transactions_current t USING (THREAD_ID)
  WHERE TYPE = 'FOREGROUND'`;

export const tableFeedWorld = async (
  columns: string,
  { closed = false, id = 'INT', around = (connection: Connection): Connection => connection } = {},
): Promise<TableFeedWorld> => {
  const servers = await testServers();
  const [database, directory, table] = [
    await testDatabase(),
    await mkdtemp(join(tmpdir(), 'rowbridge-feed-')),
    uniqueName('fed'),
  ];
  const connection = await openConnection(database.params, { role: 'test' });
  await connection.query(`CREATE TABLE ${table} (id ${id} PRIMARY KEY, ${columns}, ${STAMPED}, KEY (last_updated, id))`);
  const subject = `${table}-value`;
  const topic: Topic<Row> = { name: table, partitions: 1, format: avro(subject, { closed }), key: ({ id }) => String(id) };
  const kafka = kafkaClient({ brokers: servers.kafka.brokers, clientId: table, log: silentLog });
  const [admin, reader, publisher] = [kafkaAdmin(kafka), kafkaReader(kafka), kafkaPublisher(kafka)];
  await admin.ensureTopics([topic, { name: deadLetterTopicOf(table), partitions: 1 }]);
  const messages: string[] = [];
  const note = (...said: readonly unknown[]) => void messages.push(said.map((part) => JSON.stringify(part)).join(' '));
  const log: Log = { debug: () => {}, info: note, warn: note, error: note, child: () => log };
  const codec = () => avroCodec({ registryUrl: servers.registry.url, schemasDirectory: directory, log });
  const schemaFile = join(directory, `${subject}.avsc`);
  const positions = memoryPositions();
  const stops: (() => Promise<void>)[] = [];
  let decode: ((bytes: Buffer) => unknown) | undefined;
  const start = (onMarker?: (marker: FeedMarker) => void) => {
    const over = new AbortController();
    const ended = runFeed({
      name: table,
      source: pollingCapture({
        name: table,
        connect: async () => around(await openConnection(database.params, { role: 'capture' })),
        database: database.params.database,
        table,
        cursor: 'last_updated',
        key: 'id',
        schemaFile,
        closed,
        everyMs: 20,
        pageRows: 10,
        delayMs: 5_000,
        log,
      }),
      topic,
      codec: codec(),
      publish: publisher.publish,
      reader,
      positions,
      origin: () => tableOrigin(connection.query, table),
      stillOurs: async () => true,
      log,
      signal: over.signal,
      settleMs: 1,
      ...(onMarker === undefined ? {} : { onMarker }),
    });
    ended.catch(() => {});
    const stop = async () => {
      over.abort();
      await ended.catch(() => {});
    };
    stops.push(stop);
    return { ended, stop };
  };
  /** Waits; in vain, the error has what the feed said and who is at work on the server. */
  const waited = async (what: string, withinMs: number, found: () => Promise<true | undefined> | true | undefined) => {
    try {
      await eventually(what, withinMs, found);
    } catch (error) {
      const sessions = await connection.query(SESSIONS_SQL);
      const lines = [...messages, ...sessions.map((session) => JSON.stringify(session))];
      throw new Error(`${(error as Error).message}\n${lines.join('\n')}`, { cause: error });
    }
  };
  return {
    sql: connection.query,
    mariadb: /mariadb/i.test(String((await connection.query<{ v: string }>('SELECT VERSION() v'))[0]?.v)),
    table,
    messages,
    schemaFile: (schema) => writeFile(schemaFile, JSON.stringify(schema)),
    start: () => start(),
    async tornOff(wanted, occurrence) {
      let met = 0;
      const { ended } = start((marker) => {
        if (marker === wanted && ++met === occurrence) throw new Error('torn off');
      });
      let over: true | undefined;
      ended.catch(() => {
        over = true;
      });
      await waited(`${wanted} ${occurrence}`, 60_000, () => over);
      await expect(ended).rejects.toThrow('torn off');
    },
    async records(count) {
      await waited(`${count} records`, 30_000, async () =>
        ((await reader.endOffsets(table)).get(0) ?? 0n) >= BigInt(count) ? true : undefined,
      );
      decode ??= (await codec().openDecoder(topic)).decode;
      const found: Row[] = [];
      for await (const batch of reader.readRange(
        { topic: table, partition: 0 },
        0n,
        (await reader.endOffsets(table)).get(0) ?? 0n,
      ))
        for (const { value } of batch) found.push((await decode(value as Buffer)) as Row);
      return found;
    },
    dead: async () => Number((await reader.endOffsets(deadLetterTopicOf(table))).get(0) ?? 0n),
    versions: async () => {
      const { registryClient } = await import('../../src/adapters/avro/registry.js');
      const latest = await registryClient({ url: servers.registry.url }).latest(subject);
      return latest === null ? [] : (JSON.parse(latest.schema) as { fields: { name: string }[] }).fields.map(({ name }) => name);
    },
    async close() {
      for (const stop of stops) await stop();
      for (const client of [admin, reader, publisher]) await client.close();
      await connection.close();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
