import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { isRefusal, notARegistry, transport } from './registry-transport.js';
import { registryAddress } from './registry-url.js';

export type RegisteredSchema = Readonly<{ id: number; version: number; schema: string }>;

/** A schema as the registry keeps it under an id: not always Avro, not always whole. */
export type StoredSchema = Readonly<{ schema: string; schemaType?: string; references?: readonly unknown[] }>;

/**
 * The registry as the codec sees it.
 * Each call throws BridgeError `transient` when the registry is away, `configuration` when it denies access or is none.
 */
export type Registry = Readonly<{
  /** For messages: without user and password. */
  url: string;
  latest(subject: string): Promise<RegisteredSchema | null>;
  /** One version of a subject, counted from 1. */
  version(subject: string, version: number): Promise<RegisteredSchema | null>;
  schemaOf(id: number): Promise<StoredSchema | null>;
  /** How strict the registry is with new versions of a subject; null when it accepts anything. */
  compatibility(subject: string): Promise<string | null>;
  setCompatibility(subject: string, level: string): Promise<void>;
  /** The schema's id; the same one when it is registered already. @throws Refusal when the registry does not take it */
  register(subject: string, schema: string, level: string): Promise<number>;
}>;

export type RegistryOptions = Readonly<{
  /** Of the Confluent API, perhaps with user and password. */
  url: string;
  deadlineMs?: number;
}>;

const DEADLINE_MS = 10_000;

const orNull = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer;
  } catch (error) {
    if (isRefusal(error) && error.status === 404) return null;
    throw error;
  }
};

/** The schema registry behind a URL. Nothing is asked before the first call. */
export const registryClient = ({ url: given, deadlineMs = DEADLINE_MS }: RegistryOptions): Registry => {
  const { url, authorization } = registryAddress(given);
  const registry = new SchemaRegistry({ host: url, middlewares: [transport({ url, authorization, deadlineMs })] });
  // The library's own REST client: it knows the endpoints that the class does not offer.
  // biome-ignore lint/complexity/useLiteralKeys: private to the compiler
  const api = registry['api'];
  const ask = async <T>(request: Promise<{ data(): T }>): Promise<T> => (await request).data();
  return {
    url,
    latest: (subject) => orNull(ask<RegisteredSchema>(api.Subject.latestVersion({ subject }))),
    version: (subject, version) => orNull(ask<RegisteredSchema>(api.Subject.version({ subject, version }))),
    schemaOf: (id) => orNull(ask<StoredSchema>(api.Schema.find({ id }))),
    compatibility: async (subject) => {
      const answer = await orNull(ask<{ compatibilityLevel: string }>(api.Subject.config({ subject })));
      const level = answer?.compatibilityLevel.toUpperCase() ?? COMPATIBILITY.NONE;
      return level === COMPATIBILITY.NONE ? null : level;
    },
    setCompatibility: async (subject, level) => {
      await ask(api.Subject.updateConfig({ subject, body: { compatibility: level } }));
    },
    register: async (subject, schema, level) => {
      const confluentSchema = { type: SchemaType.AVRO, schema } as const;
      const { id } = await registry.register(confluentSchema, { subject, compatibility: level as COMPATIBILITY });
      if (!Number.isInteger(id)) throw notARegistry(url, 'it took a schema and gave no id');
      return id;
    },
  };
};
