import { join } from 'node:path';
import type { LockParts } from '../../adapters/files/directory-lock.js';

/** What every part of the sink works with. */
export type Surroundings = LockParts;

export const LOG_FILE = 'consumer_log.json';

export const logPath = (directory: string): string => join(directory, LOG_FILE);

export const indexPath = (directory: string): string => join(directory, 'consumer_log.index.json');

/** A moment as part of a file's name: `2026-11-21T01-22-33Z`. */
export const stamp = (moment: Date): string => `${moment.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;

/** Names beside a log for what is set aside from it, the first of them the best. */
export const asideNames = function* (
  directory: string,
  kind: 'torn-' | 'broken-' | '',
  moment: Date,
  of = logPath(directory),
): Generator<string> {
  const path = `${of}.${kind}${stamp(moment)}`;
  yield path;
  for (let n = 2; ; n++) yield `${path}-${n}`;
};
