import { isDeepStrictEqual } from 'node:util';
import { BridgeError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { RegisteredSchema, Registry } from './registry.js';
import { isRefusal, type Refusal } from './registry-transport.js';
import { schemaDifferences } from './schema-difference.js';
import type { AvroSchema } from './schema-file.js';

const LEVEL = 'BACKWARD';

const incompatible = (subject: string, found: string, cause?: unknown): BridgeError =>
  new BridgeError({
    code: 'SCHEMA_INCOMPATIBLE',
    kind: 'configuration',
    found: `The schema of '${subject}' does not fit the one in the registry: ${found}.`,
    fix: `Change schemas/${subject}.avsc back or give new fields a default; for another shape of the records take a new topic.`,
    cause,
  });

const refused = (subject: string, cause: Refusal): BridgeError =>
  new BridgeError({
    code: 'SCHEMA_REFUSED',
    kind: 'configuration',
    found: `The registry does not take the schema of '${subject}' (status ${cause.status}): ${cause.message}.`,
    fix: `Correct schemas/${subject}.avsc.`,
    cause,
  });

const parsed = (latest: RegisteredSchema): unknown => {
  try {
    return JSON.parse(latest.schema);
  } catch {
    return latest.schema;
  }
};

/** Without a level the registry takes whatever comes. */
const strictLevel = async (registry: Registry, subject: string, log: Log): Promise<string> => {
  const level = await registry.compatibility(subject);
  if (level !== null) return level;
  await registry.setCompatibility(subject, LEVEL);
  log.info({ subject, level: LEVEL }, 'compatibility level set in the registry');
  return LEVEL;
};

export type SubjectDifferences = Readonly<{ registered: boolean; differences: readonly string[] }>;

/** How a schema differs from the latest version of its subject, where that keeps readers from reading older records. */
export const differencesFrom = async (registry: Registry, subject: string, schema: AvroSchema): Promise<SubjectDifferences> => {
  const latest = await registry.latest(subject);
  return latest === null
    ? { registered: false, differences: [] }
    : { registered: true, differences: schemaDifferences(parsed(latest), schema) };
};

export type Registration = Readonly<{ registry: Registry; subject: string; schema: AvroSchema; log: Log }>;

/** @throws Refusal when the registry does not take the schema, or when another program was faster */
const register = async ({ registry, subject, schema, log }: Registration): Promise<number> => {
  const latest = await registry.latest(subject);
  const before = latest === null ? undefined : parsed(latest);
  const differences = latest === null ? [] : schemaDifferences(before, schema);
  if (differences.length > 0) throw incompatible(subject, differences.join('; '));
  const level = await strictLevel(registry, subject, log);
  if (latest !== null && isDeepStrictEqual(before, schema)) return latest.id;
  const id = await registry.register(subject, JSON.stringify(schema), level);
  log.info({ subject, id }, 'schema registered');
  return id;
};

const idOrRefusal = async (registration: Registration): Promise<number | Refusal> => {
  try {
    return await register(registration);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error;
  }
};

/**
 * The id of a schema, registered when it is new; any number of programs may do so at once.
 * @throws BridgeError `configuration` when it does not fit the latest version of the subject, with the differences
 */
export const registeredId = async (registration: Registration): Promise<number> => {
  const first = await idOrRefusal(registration);
  if (typeof first === 'number') return first;
  // Apicurio says no, also with 409, to the second of two that do the same at once: then all is done by now.
  const second = await idOrRefusal(registration);
  if (typeof second === 'number') return second;
  const { subject } = registration;
  throw second.status === 409 ? incompatible(subject, second.message, second) : refused(subject, second);
};
