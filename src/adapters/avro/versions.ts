import { avroType } from './avro-type.js';
import { avroDecoder, type DecoderOptions } from './decoder.js';
import type { Registry } from './registry.js';
import type { AvroSchema } from './schema-file.js';
import { recordOf } from './topic-schema.js';

/** So far back. */
const MOST_VERSIONS = 100;

/** Undefined for a schema that nobody of us can have read by. */
const decoderOf = <T>(schema: AvroSchema, options: Omit<DecoderOptions, 'ours'>) => {
  try {
    return avroDecoder<T>({ ...options, ours: { schema, type: avroType(schema) } });
  } catch {
    return undefined;
  }
};

/** The registry's versions of a subject as decoders: a record is read as whoever had that version as its own reads it. The latest comes first. */
export const decodersOfVersions = async <T>(
  registry: Registry,
  options: Omit<DecoderOptions, 'ours'>,
): Promise<readonly ReturnType<typeof avroDecoder<T>>[]> => {
  const { subject } = options;
  const latest = (await registry.latest(subject))?.version ?? 0;
  const decoders: ReturnType<typeof avroDecoder<T>>[] = [];
  for (let version = latest; version > Math.max(0, latest - MOST_VERSIONS); version--) {
    const schema = recordOf((await registry.version(subject, version))?.schema ?? '');
    const decoder = schema && decoderOf<T>(schema, options);
    if (decoder !== undefined) decoders.push(decoder);
  }
  return decoders;
};
