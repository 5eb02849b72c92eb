import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kafka } from 'kafkajs';
import { type AvroCodec, avroCodec } from '../adapters/avro/index.js';
import { jsonCodec, jsonReadBack } from '../adapters/json/index.js';
import { type KafkaAdmin, kafkaAdmin } from '../adapters/kafka/admin.js';
import { brokerList } from '../adapters/kafka/broker-list.js';
import { kafkaClient } from '../adapters/kafka/client.js';
import { kafkaPublisher } from '../adapters/kafka/publish.js';
import { kafkaReader } from '../adapters/kafka/reader.js';
import { type Connection, openConnection } from '../adapters/mysql/connect.js';
import type { ConnectionParams } from '../adapters/mysql/options.js';
import { type Config, type ServerEnvironment, settingInvalid } from '../config.js';
import type { Publish, TopicReader } from '../core/broker.js';
import type { Codec, ReadBack, TopicCodec } from '../core/codec.js';
import type { Column } from '../core/column.js';
import { messageOf } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { Topic } from '../core/topic.js';
import { packageRoot } from '../package-root.js';

export type ClientsOptions = Readonly<{
  config: Config;
  servers: Partial<ServerEnvironment>;
  clientId: string;
  log: Log;
  signal: AbortSignal;
  onRelease(release: () => Promise<void>): void;
}>;

/** The clients of one role. Nothing is connected before its first use. */
export type Clients = Readonly<{
  kafka: Kafka;
  admin: KafkaAdmin;
  reader: TopicReader;
  publish: Publish;
  codec: Codec;
  avro: AvroCodec;
  /** For those who only read: it registers nothing. */
  decoding: Codec;
  /** For those who compare: it registers nothing. */
  readBack<T>(topic: Topic<T>, columns: readonly Column[] | undefined): Promise<ReadBack<T>>;
  connectUpdater(): Promise<Connection>;
  /** Connection parameters of the capture and of the administrator. */
  capture: ConnectionParams;
  administrator: ConnectionParams;
  database: string;
}>;

export const schemasDirectory = join(packageRoot, 'schemas');

const readOnly = async <T>(avro: AvroCodec, topic: Topic<T>): Promise<TopicCodec<T>> => ({
  ...(await avro.openDecoder(topic)),
  encode: () => {
    throw new TypeError(`topic '${topic.name}' was opened for reading`);
  },
});

const readCa = async (file: string): Promise<Buffer> => {
  try {
    return await readFile(file);
  } catch (error) {
    throw settingInvalid('MYSQL_SSL_CA', `it is the file of a CA, which cannot be read (${messageOf(error)})`);
  }
};

/** Makes the clients of one role, each released with the program. */
export const openClients = async ({ config, servers, clientId, log, signal, onRelease }: ClientsOptions): Promise<Clients> => {
  const kafka = kafkaClient({
    brokers: brokerList(servers.KAFKA_BROKERS ?? '').map(({ host, port }) => `${host}:${port}`),
    clientId,
    log,
    ...(config.kafkaSsl ? { ssl: true } : {}),
    ...(config.kafkaSasl === undefined ? {} : { sasl: config.kafkaSasl }),
  });
  const ca = config.mysqlSslCa === undefined ? undefined : await readCa(config.mysqlSslCa);
  const database = servers.MYSQL_DATABASE ?? '';
  const account = (user = '', password = ''): ConnectionParams => ({
    host: servers.MYSQL_HOST ?? '',
    port: Number(servers.MYSQL_PORT ?? 3306),
    user,
    password,
    signal,
    ...(ca === undefined ? {} : { ssl: { ca } }),
  });
  const avro = avroCodec({ registryUrl: servers.SCHEMA_REGISTRY_URL ?? '', schemasDirectory, log });
  const admin = kafkaAdmin(kafka, config.kafkaReplication);
  const reader = kafkaReader(kafka);
  const publisher = kafkaPublisher(kafka);
  for (const { close } of [admin, reader, publisher]) onRelease(close);
  return {
    kafka,
    admin,
    reader,
    publish: publisher.publish,
    avro,
    codec: { open: (topic, columns) => (topic.format.kind === 'json' ? jsonCodec : avro).open(topic, columns) },
    decoding: { open: (topic) => (topic.format.kind === 'json' ? jsonCodec.open(topic) : readOnly(avro, topic)) },
    readBack: async (topic, columns) => (topic.format.kind === 'json' ? jsonReadBack(topic) : avro.openReadBack(topic, columns)),
    capture: { ...account(servers.MYSQL_USER, servers.MYSQL_PASSWORD), database },
    connectUpdater: () =>
      openConnection({ ...account(servers.MYSQL_UPDATER_USER, servers.MYSQL_UPDATER_PASSWORD), database }, { role: 'updater' }),
    administrator: account(servers.MYSQL_ADMIN_USER, servers.MYSQL_ADMIN_PASSWORD),
    database,
  };
};
