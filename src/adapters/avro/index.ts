import type { Codec, ReadBack, TopicCodec } from '../../core/codec.js';
import type { Column } from '../../core/column.js';
import type { Log } from '../../core/log.js';
import type { AvroFormat, Topic } from '../../core/topic.js';
import { avroType } from './avro-type.js';
import { avroDecoder } from './decoder.js';
import { avroEncoder } from './encoder.js';
import { avroReadBack } from './read-back.js';
import { differencesFrom, registeredId, type SubjectDifferences } from './register.js';
import { registryClient } from './registry.js';
import type { Fit } from './schema-fits-columns.js';
import { schemasById } from './schemas-by-id.js';
import { topicSchema } from './topic-schema.js';
import { decodersOfVersions } from './versions.js';

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
    /**
     * For those who only read: writes nothing to the registry. The first opening waits for its answer, later ones do without.
     * @throws BridgeError `transient` when the registry is away, `configuration` when it denies access or is none
     */
    openDecoder<T>(topic: Topic<T>): Promise<Pick<TopicCodec<T>, 'decode'>>;
    /** For those who compare: reads as `openDecoder` does. @param columns of the table that feeds the topic, where one does */
    openReadBack<T>(topic: Topic<T>, columns: readonly Column[] | undefined): Promise<ReadBack<T>>;
    /** How a schema of the directory differs from the registry's latest version; registers nothing. */
    differences(format: AvroFormat): Promise<SubjectDifferences>;
  }>;

const formatOf = <T>({ name, format }: Topic<T>): AvroFormat => {
  if (format.kind !== 'avro') throw new TypeError(`topic '${name}' does not hold Avro`);
  return format;
};

/** Says what of the table does not travel, and what travels empty. */
const sayFit = (log: Log, subject: string, closed: boolean, { leftOut, withoutColumn }: Fit): void => {
  const columns = leftOut.map(({ name }) => name);
  if (withoutColumn.length > 0) log.warn({ subject, fields: withoutColumn }, 'fields whose column is gone stay empty');
  if (columns.length === 0) return;
  if (closed) log.warn({ subject, columns }, 'columns that the schema file leaves out are not captured');
  else
    log.info({ subject, columns }, "columns that the schema file does not name travel too ('rowbridge schema pull' adds them)");
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
  const parts = { schemasDirectory, registry: () => opened().registry };
  // A reader that could decode nothing yet must not take partitions from one that can; one that has begun goes on with the ids it knows.
  let answered = false;
  const openDecoder: AvroCodec['openDecoder'] = async (topic) => {
    const format = formatOf(topic);
    const { schema: subject, closed } = format;
    const { schema } = await topicSchema(parts, format, undefined);
    const ours = { schema, type: avroType(schema) };
    const { registry, schemas } = opened();
    if (!answered) await registry.latest(subject);
    answered = true;
    return { decode: avroDecoder({ subject, ours, closed, schemas }) };
  };
  return {
    open: async (topic, columns) => {
      const format = formatOf(topic);
      const { schema: subject, closed } = format;
      const { schema, fit } = await topicSchema(parts, format, columns);
      if (fit !== undefined) sayFit(log, subject, closed, fit);
      const { registry, schemas } = opened();
      const id = await registeredId({ registry, subject, schema, log });
      const ours = { schema, type: avroType(schema) };
      return { encode: avroEncoder(subject, ours, id), decode: avroDecoder({ subject, ours, ownId: id, closed, schemas }) };
    },
    differences: async (format) => {
      const { schema } = await topicSchema(parts, format, undefined);
      return differencesFrom(opened().registry, format.schema, schema);
    },
    openDecoder,
    openReadBack: async <T>(topic: Topic<T>, columns: readonly Column[] | undefined) => {
      const format = formatOf(topic);
      const { schema: subject, closed } = format;
      const { schema: whole } = await topicSchema(parts, format, columns);
      const { registry, schemas } = opened();
      const others = await decodersOfVersions<T>(registry, { subject, closed, schemas });
      return avroReadBack({ subject, whole, schemas, others, ...(await openDecoder(topic)) });
    },
  };
};
