import type { Column } from './column.js';
import type { Topic } from './topic.js';

/** Values of one topic to bytes and back. */
export type TopicCodec<T> = Readonly<{
  /**
   * Synchronous: everything it needs was fetched by `open`.
   * @throws BridgeError `record` naming the field that does not fit the schema.
   */
  encode(value: T): Buffer;
  /**
   * A promise only where a schema has to be fetched first.
   * @throws BridgeError `record` when the bytes are not such a value, `transient` when the registry is away.
   */
  decode(bytes: Buffer): T | Promise<T>;
}>;

export type Codec = Readonly<{
  /**
   * Prepares a topic for encoding and decoding.
   * @param columns of the table that the topic is fed from, where it is and the codec is opened to feed it
   * @throws BridgeError `configuration` when the schema does not fit what the topic holds, with the difference.
   */
  open<T>(topic: Topic<T>, columns?: readonly Column[]): Promise<TopicCodec<T>>;
}>;
