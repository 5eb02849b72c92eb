import type { ReadBack } from '../../core/codec.js';
import { avroType } from './avro-type.js';
import type { avroDecoder } from './decoder.js';
import { avroEncoder, HEADER_BYTES } from './encoder.js';
import { columnNameOf } from './field-name.js';
import type { AvroSchema } from './schema-file.js';
import type { SchemasById } from './schemas-by-id.js';
import { isRecord } from './topic-schema.js';

export type ReadBackOptions<T> = Readonly<{
  subject: string;
  /** The topic's record with all columns of its table. */
  whole: AvroSchema;
  decode: ReturnType<typeof avroDecoder<T>>;
  schemas: SchemasById;
}>;

/** No record is written by it: bytes are compared only. */
const NO_ID = 0;

/** Reads records back to compare them. Writes nothing to the registry. */
export const avroReadBack = <T>({ subject, whole, decode, schemas }: ReadBackOptions<T>): ReadBack<T> => {
  const written = new Map<number, readonly string[]>();
  const noted = async (bytes: Buffer): Promise<T> => {
    const value = await decode(bytes);
    const id = bytes.readInt32BE(1);
    const { schema } = await schemas.find(id);
    if (!written.has(id)) written.set(id, isRecord(schema) ? schema.fields.map(columnNameOf) : []);
    return value;
  };
  return {
    decode: (bytes) => (bytes.length >= HEADER_BYTES && written.has(bytes.readInt32BE(1)) ? decode(bytes) : noted(bytes)),
    columnsOf: (bytes) => written.get(bytes.readInt32BE(1)),
    encoderOf: (columns) => {
      const fields = whole.fields.filter((field) => columns.has(columnNameOf(field)));
      const schema = { ...whole, fields };
      return avroEncoder<T>(subject, { schema, type: avroType(schema) }, NO_ID);
    },
  };
};
