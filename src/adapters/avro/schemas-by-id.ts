import type { Type } from 'avsc';
import { BridgeError, messageOf } from '../../core/errors.js';
import { avroType } from './avro-type.js';
import type { Registry, StoredSchema } from './registry.js';

/** For so long an id is not asked for again: a schema may be registered a moment after its first record was seen. */
const UNKNOWN_FOR_MS = 10_000;

const unknownId = (registry: Registry, id: number): BridgeError =>
  new BridgeError({
    code: 'UNKNOWN_SCHEMA_ID',
    kind: 'record',
    found: `The registry at ${registry.url} has no schema with the id ${id}.`,
    fix: 'Find out who wrote the record, and by which registry.',
  });

const unusable = (id: number, found: string, cause?: unknown): BridgeError =>
  new BridgeError({
    code: 'DECODE_FAILED',
    kind: 'record',
    found: `Schema ${id} of the registry is not usable: ${found}.`,
    fix: 'Find out who wrote the record.',
    cause,
  });

/** A schema of the registry: as JSON and as a type. */
export type FoundSchema = Readonly<{ schema: unknown; type: Type }>;

const parsedSchema = (id: number, { schema: text, schemaType = 'AVRO', references = [] }: StoredSchema): FoundSchema => {
  if (schemaType !== 'AVRO') throw unusable(id, `it is of type ${schemaType}`);
  if (references.length > 0) throw unusable(id, 'it refers to other schemas');
  try {
    const schema: unknown = JSON.parse(text);
    return { schema, type: avroType(schema, 'plain') };
  } catch (error) {
    throw unusable(id, messageOf(error), error);
  }
};

export type SchemasById = Readonly<{
  /**
   * The schema of an id. Fetched once: an id never changes its schema.
   * @throws BridgeError `record` when there is no such schema or it is not usable, `transient` when the registry is away
   */
  find(id: number): Promise<FoundSchema>;
}>;

/** @param now milliseconds, for how long an unknown id is remembered */
export const schemasById = (registry: Registry, now: () => number): SchemasById => {
  const found = new Map<number, Promise<FoundSchema>>();
  const unknownUntil = new Map<number, number>();
  const fetchSchema = async (id: number): Promise<FoundSchema> => {
    const stored = await registry.schemaOf(id);
    if (stored !== null) return parsedSchema(id, stored);
    for (const [old, until] of unknownUntil) if (until <= now()) unknownUntil.delete(old);
    unknownUntil.set(id, now() + UNKNOWN_FOR_MS);
    throw unknownId(registry, id);
  };
  return {
    find: (id) => {
      const known = found.get(id);
      if (known !== undefined) return known;
      if (id <= 0 || (unknownUntil.get(id) ?? 0) > now()) return Promise.reject(unknownId(registry, id));
      const schema = fetchSchema(id);
      found.set(id, schema);
      schema.catch((error) => {
        // An unusable schema stays so; anything else may be different next time.
        if (!(error instanceof BridgeError && error.code === 'DECODE_FAILED')) found.delete(id);
      });
      return schema;
    },
  };
};
