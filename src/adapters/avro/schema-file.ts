import { readFile } from 'node:fs/promises';
import type { Type } from 'avsc';
import { BridgeError, messageOf } from '../../core/errors.js';
import { avroType } from './avro-type.js';

/** A schema as JSON: records here are as Avro wants them, the parts are looked at where they matter. */
export type AvroSchema = Readonly<{ type: 'record'; name: string; namespace?: string; fields: readonly AvroField[] }>;
export type AvroField = Readonly<{
  name: string;
  type: unknown;
  default?: unknown;
  aliases?: readonly string[];
  doc?: string;
  /** The column's name, where Avro does not allow it as a field's. */
  column?: string;
}>;

export type LocalSchema = Readonly<{ schema: AvroSchema; type: Type }>;

const missing = (path: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'SCHEMA_FILE_MISSING',
    kind: 'configuration',
    found: `The schema file ${path} cannot be read: ${messageOf(cause)}.`,
    fix: "Write the topic's Avro record there, or name another schema in the topic; 'rowbridge schema pull' writes that of a table.",
    cause,
  });

const invalid = (path: string, why: string, cause?: unknown): BridgeError =>
  new BridgeError({
    code: 'SCHEMA_FILE_INVALID',
    kind: 'configuration',
    found: `The schema file ${path} does not hold an Avro record: ${why}.`,
    fix: 'Correct the file.',
    cause,
  });

const parse = (path: string, text: string): LocalSchema => {
  try {
    const schema = JSON.parse(text) as AvroSchema;
    return { schema, type: avroType(schema) };
  } catch (error) {
    throw invalid(path, messageOf(error), error);
  }
};

/** Reads a schema file. @throws BridgeError `configuration` naming the file when it is missing or not an Avro record */
export const readSchemaFile = async (path: string): Promise<LocalSchema> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw missing(path, error);
  }
  const local = parse(path, text);
  if (local.type.typeName !== 'record') throw invalid(path, `it is of type ${local.type.typeName}`);
  return local;
};

const isMissing = (error: unknown): boolean => (error as { code?: unknown }).code === 'ENOENT';

/** Reads a schema file where there is one. @throws BridgeError `configuration` naming the file when it cannot be read, or is not an Avro record */
export const findSchemaFile = async (path: string): Promise<LocalSchema | undefined> => {
  try {
    return await readSchemaFile(path);
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'SCHEMA_FILE_MISSING' && isMissing(error.cause)) return undefined;
    throw error;
  }
};
