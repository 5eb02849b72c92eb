import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { BridgeError, messageOf } from '../../core/errors.js';

const unusable = (path: string, why: string, expected: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'DATA_FILE_INVALID',
    kind: 'configuration',
    found: `The data file ${path} cannot be used: ${why}.`,
    fix: `It must hold ${expected}.`,
    cause,
  });

/** Where in a text JSON.parse stopped, as its message tells it; the end when it wanted more. */
const lineOf = (text: string, message: string): number => {
  const at = /position (\d+)/.exec(message)?.[1];
  return text.slice(0, at === undefined ? text.length : Number(at)).split('\n').length;
};

const parsed = (path: string, text: string, expected: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unusable(path, `line ${lineOf(text, messageOf(cause))}: ${messageOf(cause)}`, expected, cause);
  }
};

/**
 * Reads a JSON file that people edit.
 * @param expected what the file must hold, in a few words and an example
 * @throws BridgeError `configuration` with the path, the line or the place of the first fault, and what is expected
 */
export const readDataFile = async <T>(path: string, type: z.ZodType<T>, expected: string): Promise<T> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unusable(path, messageOf(cause), expected, cause);
  });
  const checked = type.safeParse(parsed(path, text, expected));
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'the whole file' : issue.path.join('.');
  throw unusable(path, `${place}: ${issue?.message ?? 'not as expected'}`, expected, checked.error);
};
