import type { Type } from 'avsc';
import { BridgeError, messageOf } from '../../core/errors.js';
import { HEADER_BYTES } from './encoder.js';
import { readerFor, type TypedSchema } from './reader-schema.js';
import { renamed } from './renamed.js';
import type { SchemasById } from './schemas-by-id.js';

type Resolver = ReturnType<Type['createResolver']>;

const decodeFailed = (subject: string, found: string, cause?: unknown): BridgeError =>
  new BridgeError({
    code: 'DECODE_FAILED',
    kind: 'record',
    found: `A record of ${subject} is not readable: ${found}.`,
    fix: 'Find out who wrote it; its bytes are unchanged in the dead letters.',
    cause,
  });

/** The schema's id in front of a record. */
const idOf = (subject: string, bytes: Buffer): number => {
  if (bytes.length === 0) throw decodeFailed(subject, 'it is empty');
  if (bytes[0] !== 0) throw decodeFailed(subject, `it begins with byte ${bytes[0]}, not with the 0 of a registry's schema id`);
  if (bytes.length < HEADER_BYTES) throw decodeFailed(subject, `it has only ${bytes.length} bytes`);
  return bytes.readInt32BE(1);
};

const valueReader = <T>(subject: string, { schema, type }: TypedSchema, resolver?: Resolver) => {
  const { toColumns } = renamed(schema);
  return (bytes: Buffer): T => {
    let result: ReturnType<Type['decode']>;
    try {
      result = type.decode(bytes, HEADER_BYTES, resolver);
    } catch (error) {
      throw decodeFailed(subject, messageOf(error), error);
    }
    if (result.offset < 0) throw decodeFailed(subject, 'it ends too early');
    if (result.offset !== bytes.length) throw decodeFailed(subject, `${bytes.length - result.offset} bytes follow its end`);
    return toColumns(result.value) as T;
  };
};

const resolverFor = (subject: string, id: number, reader: Type, writer: Type): Resolver => {
  try {
    return reader.createResolver(writer);
  } catch (error) {
    throw decodeFailed(subject, `schema ${id}, which wrote it, cannot be read as ours (${messageOf(error)})`, error);
  }
};

export type DecoderOptions = Readonly<{
  subject: string;
  ours: TypedSchema;
  ownId?: number;
  /** Whether fields of the writer's that ours does not name are left out. */
  closed: boolean;
  schemas: SchemasById;
}>;

/**
 * Reads values in the Confluent wire format, whatever version of the schema wrote them: our fields, and then the writer's others.
 * Values are named by column.
 */
export const avroDecoder = <T>({
  subject,
  ours,
  ownId,
  closed,
  schemas,
}: DecoderOptions): ((bytes: Buffer) => T | Promise<T>) => {
  const readers = new Map<number, (bytes: Buffer) => T>();
  if (ownId !== undefined) readers.set(ownId, valueReader(subject, ours));
  const fetchReader = async (id: number, bytes: Buffer): Promise<T> => {
    const writer = await schemas.find(id);
    const as = closed ? ours : readerFor(ours, writer.schema);
    const read = readers.get(id) ?? valueReader<T>(subject, as, resolverFor(subject, id, as.type, writer.type));
    readers.set(id, read);
    return read(bytes);
  };
  return (bytes) => {
    const id = idOf(subject, bytes);
    const read = readers.get(id);
    return read === undefined ? fetchReader(id, bytes) : read(bytes);
  };
};
