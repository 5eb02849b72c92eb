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

const typeOfStored = (id: number, { schema, schemaType = 'AVRO', references = [] }: StoredSchema): Type => {
  if (schemaType !== 'AVRO') throw unusable(id, `it is of type ${schemaType}`);
  if (references.length > 0) throw unusable(id, 'it refers to other schemas');
  try {
    return avroType(JSON.parse(schema), 'plain');
  } catch (error) {
    throw unusable(id, messageOf(error), error);
  }
};

export type SchemasById = Readonly<{
  /**
   * The type of a schema. Fetched once: an id never changes its schema.
   * @throws BridgeError `record` when there is no such schema or it is not usable, `transient` when the registry is away
   */
  typeOf(id: number): Promise<Type>;
}>;

/** @param now milliseconds, for how long an unknown id is remembered */
export const schemasById = (registry: Registry, now: () => number): SchemasById => {
  const types = new Map<number, Promise<Type>>();
  const unknownUntil = new Map<number, number>();
  const fetchType = async (id: number): Promise<Type> => {
    const stored = await registry.schemaOf(id);
    if (stored !== null) return typeOfStored(id, stored);
    for (const [old, until] of unknownUntil) if (until <= now()) unknownUntil.delete(old);
    unknownUntil.set(id, now() + UNKNOWN_FOR_MS);
    throw unknownId(registry, id);
  };
  return {
    typeOf: (id) => {
      const known = types.get(id);
      if (known !== undefined) return known;
      if (id <= 0 || (unknownUntil.get(id) ?? 0) > now()) return Promise.reject(unknownId(registry, id));
      const type = fetchType(id);
      types.set(id, type);
      type.catch((error) => {
        // An unusable schema stays so; anything else may be different next time.
        if (!(error instanceof BridgeError && error.code === 'DECODE_FAILED')) types.delete(id);
      });
      return type;
    },
  };
};
