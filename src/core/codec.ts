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

/** Values of one topic as they are read back, to be compared with the rows that they were made of. */
export type ReadBack<T> = Pick<TopicCodec<T>, 'decode'> &
  Readonly<{
    /** The columns that a value was written with, after it was decoded: the same list for all of one schema. Undefined where no columns are known. */
    columnsOf(bytes: Buffer): readonly string[] | undefined;
    /**
     * The value as it is read with other versions of the topic's schema, after it was decoded: whoever read it before may have had one
     * that holds more columns or fewer.
     */
    otherwise(bytes: Buffer): Iterable<T>;
    /**
     * Bytes that are the same where values are the same in these columns. They are for comparing only.
     * @throws BridgeError `record` for a value that does not fit
     */
    encoderOf(columns: ReadonlySet<string>): (value: T) => Buffer;
  }>;

export type Codec = Readonly<{
  /**
   * Prepares a topic for encoding and decoding.
   * @param columns of the table that the topic is fed from, where it is and the codec is opened to feed it
   * @throws BridgeError `configuration` when the schema does not fit what the topic holds, with the difference.
   */
  open<T>(topic: Topic<T>, columns?: readonly Column[]): Promise<TopicCodec<T>>;
}>;
