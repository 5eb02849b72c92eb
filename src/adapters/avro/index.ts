import { join } from 'node:path';
import type { Codec, TopicCodec } from '../../core/codec.js';
import type { Log } from '../../core/log.js';
import type { Topic } from '../../core/topic.js';
import { avroDecoder } from './decoder.js';
import { avroEncoder } from './encoder.js';
import { differencesFrom, registeredId, type SubjectDifferences } from './register.js';
import { registryClient } from './registry.js';
import { readSchemaFile } from './schema-file.js';
import { schemasById } from './schemas-by-id.js';

export type AvroCodecOptions = Readonly<{
  /** Of the registry's Confluent API, perhaps with user and password. */
  registryUrl: string;
  /** Where the `.avsc` files lie, named by subject. */
  schemasDirectory: string;
  log: Log;
  /** How long one request may take. */
  deadlineMs?: number;
  now?: () => number;
}>;

export type AvroCodec = Codec &
  Readonly<{
    /** For those who only read: writes nothing to the registry, and asks it nothing before the first record. */
    openDecoder<T>(topic: Topic<T>): Promise<Pick<TopicCodec<T>, 'decode'>>;
    /** How a schema of the directory differs from the registry's latest version; registers nothing. */
    differences(subject: string): Promise<SubjectDifferences>;
  }>;

const subjectOf = <T>({ name, format }: Topic<T>): string => {
  if (format.kind !== 'avro') throw new TypeError(`topic '${name}' does not hold Avro`);
  return format.schema;
};

/** Avro through a schema registry, in the Confluent wire format. Nothing is opened before a topic is. */
export const avroCodec = ({ registryUrl, schemasDirectory, log, deadlineMs, now = Date.now }: AvroCodecOptions): AvroCodec => {
  const connect = () => {
    const registry = registryClient({ url: registryUrl, ...(deadlineMs === undefined ? {} : { deadlineMs }) });
    return { registry, schemas: schemasById(registry, now) };
  };
  let clients: ReturnType<typeof connect> | undefined;
  const opened = () => {
    clients ??= connect();
    return clients;
  };
  const localSchema = (subject: string) => readSchemaFile(join(schemasDirectory, `${subject}.avsc`));
  return {
    open: async (topic) => {
      const subject = subjectOf(topic);
      const { schema, type } = await localSchema(subject);
      const { registry, schemas } = opened();
      const id = await registeredId({ registry, subject, schema, log });
      return { encode: avroEncoder(subject, type, id), decode: avroDecoder({ subject, type, ownId: id, schemas }) };
    },
    differences: async (subject) => {
      const { schema } = await localSchema(subject);
      return differencesFrom(opened().registry, subject, schema);
    },
    openDecoder: async (topic) => {
      const subject = subjectOf(topic);
      const { type } = await localSchema(subject);
      return { decode: avroDecoder({ subject, type, schemas: opened().schemas }) };
    },
  };
};
