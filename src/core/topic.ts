/**
 * Avro under a schema of the registry. `schema` is its subject, and its file under `schemas/` without the ending.
 * The fields of the file are the least that travels: columns of a captured table that it does not name follow them as nullable fields.
 * In a `closed` one the fields of the file are all that travels.
 */
export type AvroFormat = Readonly<{ kind: 'avro'; schema: string; closed: boolean }>;

/** JSON as text, so that any tool can read it. */
export type JsonFormat<T> = Readonly<{
  kind: 'json';
  /** @throws BridgeError `record` naming the field that does not fit */
  check(value: unknown): T;
}>;

/** How the values of a topic are written. */
export type Format<T> = AvroFormat | JsonFormat<T>;

export const avro = (schema: string, { closed = false }: Readonly<{ closed?: boolean }> = {}): AvroFormat => ({
  kind: 'avro',
  schema,
  closed,
});

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

/** Partition numbers in order; under their topics' names where there are several topics. */
export const partitionsByTopic = (
  assigned: readonly TopicPartition[],
): readonly number[] | Readonly<Record<string, readonly number[]>> => {
  const topics = [...new Set(assigned.map(({ topic }) => topic))].sort();
  const of = (topic: string) => assigned.flatMap((one) => (one.topic === topic ? [one.partition] : [])).sort((a, b) => a - b);
  const [only = ''] = topics;
  return topics.length < 2 ? of(only) : Object.fromEntries(topics.map((topic) => [topic, of(topic)]));
};
