import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { BridgeError, messageOf } from '../../core/errors.js';
import { canonicalTimestamp } from '../../core/timestamp.js';
import type { Commit } from './evidence.js';

const BATCH = 1_000;

const refuse = (path: string, found: string): BridgeError =>
  new BridgeError({
    code: 'JOURNAL_INVALID',
    kind: 'configuration',
    found: `The journal of commits ${path} cannot be used: ${found}.`,
    fix: 'Each line is one committed version: {"key":"7","timestamp":"2026-11-21 01:22:33.123456"}, in UTC.',
  });

const commitOf = (text: string): Commit | undefined => {
  try {
    const { key, timestamp } = JSON.parse(text);
    const time = typeof timestamp === 'string' ? canonicalTimestamp(timestamp) : undefined;
    return time === undefined || key === null || key === undefined ? undefined : { key: String(key), timestamp: time };
  } catch {
    return undefined;
  }
};

/** @throws BridgeError `configuration` when the file cannot be read */
export const checkJournal = (path: string): Promise<void> =>
  access(path).catch((error: unknown) => {
    throw refuse(path, messageOf(error));
  });

/**
 * The commits that a file tells of, one a line.
 * @throws BridgeError `configuration` naming the file, and the line where it is one
 */
export async function* readJournal(path: string): AsyncGenerator<readonly Commit[]> {
  let batch: Commit[] = [];
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (line.trim() === '') continue;
      const commit = commitOf(line);
      if (commit === undefined) throw refuse(path, `line ${number} is not a commit`);
      batch.push(commit);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    throw error instanceof BridgeError ? error : refuse(path, messageOf(error));
  }
  yield batch;
}
