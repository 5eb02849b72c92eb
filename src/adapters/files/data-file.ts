import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { BridgeError, messageOf } from '../../core/errors.js';
import { jsonFault } from './json-fault.js';

const unusable = (path: string, why: string, expected: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'DATA_FILE_INVALID',
    kind: 'configuration',
    found: `The data file ${path} cannot be used: ${why}.`,
    fix: `It must hold ${expected}.`,
    cause,
  });

const parsed = (path: string, text: string, expected: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const line = text.slice(0, jsonFault(text)).split('\n').length;
    throw unusable(path, `line ${line}: ${messageOf(cause).replaceAll(/\s+/g, ' ')}`, expected, cause);
  }
};

/** Some editors begin a file with a mark that is no part of it. */
const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text);

/**
 * Reads a JSON file that people edit.
 * @param expected what the file must hold, in a few words and an example
 * @throws BridgeError `configuration` with the path, the line or the place of the first fault, and what is expected
 */
export const readDataFile = async <T>(path: string, type: z.ZodType<T>, expected: string): Promise<T> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unusable(path, messageOf(cause), expected, cause);
  });
  const checked = type.safeParse(parsed(path, withoutMark(text), expected));
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'the whole file' : issue.path.join('.');
  throw unusable(path, `${place}: ${issue?.message ?? 'not as expected'}`, expected, checked.error);
};
