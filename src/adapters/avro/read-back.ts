import type { ReadBack } from '../../core/codec.js';
import { avroType } from './avro-type.js';
import type { avroDecoder } from './decoder.js';
import { avroEncoder, HEADER_BYTES } from './encoder.js';
import { columnNameOf } from './field-name.js';
import type { AvroSchema } from './schema-file.js';
import type { SchemasById } from './schemas-by-id.js';
import { isRecord } from './topic-schema.js';

type Decode<T> = ReturnType<typeof avroDecoder<T>>;

export type ReadBackOptions<T> = Readonly<{
  subject: string;
  /** The topic's record with all columns of its table. */
  whole: AvroSchema;
  decode: Decode<T>;
  /** As other versions of the schema read. */
  others: readonly Decode<T>[];
  schemas: SchemasById;
}>;

/** No record is written by it: bytes are compared only. */
const NO_ID = 0;

/** Those that can read a record, and from then on read all of its schema at once. */
const ableToRead = async <T>(decoders: readonly Decode<T>[], bytes: Buffer): Promise<readonly Decode<T>[]> => {
  const read = await Promise.allSettled(decoders.map(async (decode) => decode(bytes)));
  return decoders.filter((_, index) => read[index]?.status === 'fulfilled');
};

/** Reads records back to compare them. Writes nothing to the registry. */
export const avroReadBack = <T>({ subject, whole, decode, others, schemas }: ReadBackOptions<T>): ReadBack<T> => {
  const written = new Map<number, readonly string[]>();
  const able = new Map<number, readonly Decode<T>[]>();
  const noted = async (bytes: Buffer): Promise<T> => {
    const value = await decode(bytes);
    const id = bytes.readInt32BE(1);
    const { schema } = await schemas.find(id);
    able.set(id, await ableToRead(others, bytes));
    if (!written.has(id)) written.set(id, isRecord(schema) ? schema.fields.map(columnNameOf) : []);
    return value;
  };
  return {
    decode: (bytes) => (bytes.length >= HEADER_BYTES && written.has(bytes.readInt32BE(1)) ? decode(bytes) : noted(bytes)),
    columnsOf: (bytes) => written.get(bytes.readInt32BE(1)),
    *otherwise(bytes) {
      for (const read of able.get(bytes.readInt32BE(1)) ?? [])
        try {
          yield read(bytes) as T;
        } catch {
          // A version that cannot hold this value has not read it before either.
        }
    },
    encoderOf: (columns) => {
      const fields = whole.fields.filter((field) => columns.has(columnNameOf(field)));
      const schema = { ...whole, fields };
      return avroEncoder<T>(subject, { schema, type: avroType(schema) }, NO_ID);
    },
  };
};
