import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { LockParts } from '../../adapters/files/directory-lock.js';
import { nodeFiles } from '../../adapters/files/file-system.js';
import { systemProcesses } from '../../adapters/files/process-identity.js';
import { delayOrAbort } from '../../core/delay.js';
import { waitAborted } from './log-errors.js';

/** What every part of the sink works with. */
export type Surroundings = LockParts;

const pauseUntil =
  (signal: AbortSignal) =>
  async (ms: number): Promise<void> => {
    if (!(await delayOrAbort(ms, signal))) throw waitAborted();
  };

/** The real world, but for what is given. */
export const surroundingsOf = (
  options: Partial<Surroundings> & Pick<Surroundings, 'log'> & Readonly<{ signal?: AbortSignal }>,
): Surroundings => ({
  files: options.files ?? nodeFiles,
  processes: options.processes ?? systemProcesses(),
  log: options.log,
  now: options.now ?? (() => new Date()),
  pause: options.pause ?? pauseUntil(options.signal ?? new AbortController().signal),
  unique: options.unique ?? randomUUID,
});

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
