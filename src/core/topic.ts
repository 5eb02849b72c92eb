/** Avro under a schema of the registry. `schema` is its subject, and its file under `schemas/` without the ending. */
export type AvroFormat = Readonly<{ kind: 'avro'; schema: string }>;

/** JSON as text, so that any tool can read it. */
export type JsonFormat<T> = Readonly<{
  kind: 'json';
  /** @throws BridgeError `record` naming the field that does not fit */
  check(value: unknown): T;
}>;

/** How the values of a topic are written. */
export type Format<T> = AvroFormat | JsonFormat<T>;

export const avro = (schema: string): AvroFormat => ({ kind: 'avro', schema });

/** A Kafka topic and what travels in it. */
export type Topic<T> = Readonly<{
  name: string;
  partitions: number;
  format: Format<T>;
  /** The record key as text; records of one key stay in order. */
  key(value: T): string;
}>;

export type TopicPartition = Readonly<{ topic: string; partition: number }>;

/** Where records go that cannot be handled: one partition, made by `setup`. */
export const deadLetterTopicOf = (topic: string): string => `${topic}.dead-letter`;

/** One text for a topic and partition, for use as a map key. */
export const partitionKey = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
