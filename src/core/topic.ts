/** A Kafka topic and what travels in it. */
export type Topic<T> = Readonly<{
  name: string;
  partitions: number;
  /** The file name of the values' schema under `schemas/`, without its ending; also the registry's subject. */
  schema: string;
  /** The record key as text; records of one key stay in order. */
  key(value: T): string;
}>;

export type TopicPartition = Readonly<{ topic: string; partition: number }>;

/** Where records go that cannot be handled: one partition, made by `setup`. */
export const deadLetterTopicOf = (topic: string): string => `${topic}.dead-letter`;

/** One text for a topic and partition, for use as a map key. */
export const partitionKey = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
