import { peekState } from '../adapters/files/state-file.js';
import { inspectTable } from '../captures/polling/inspect.js';
import { delayOrAbort } from '../core/delay.js';
import { keepTrying } from '../core/patience.js';
import { tableFeeds } from '../core/pipeline.js';
import { reachableEnds } from '../core/reachable-ends.js';
import { hasReadAll } from '../core/unread.js';
import type { Clients } from './clients.js';
import type { RunAllOptions } from './run-all.js';
import { captureOptions, stateDirectory } from './table-feed.js';

export type DrainOptions = Pick<RunAllOptions, 'config' | 'pipeline' | 'log' | 'signal'>;

/** Whether every row of the tables is in the topics and every record of the topics was handled by every group. */
const isDrained = async ({ config, pipeline, log, signal }: DrainOptions, clients: Clients): Promise<boolean> => {
  for (const definition of tableFeeds(pipeline)) {
    const stored = await peekState(stateDirectory(config, definition));
    if (stored?.state == null || stored.edited) return false;
    const { rows } = await inspectTable(
      captureOptions({ config, clients, definition, log, signal, wait: false }),
      stored.state.position,
    );
    if (rows > 0) return false;
  }
  for (const { name, from } of pipeline.workers) {
    for (const topic of from) {
      const committed = await clients.admin.committed(name, topic.name);
      const ends = await reachableEnds({ reader: clients.reader, topic: topic.name, waitMs: 0, signal });
      if (ends === undefined || !(await hasReadAll(clients.reader, topic.name, { committed, ends }))) return false;
    }
  }
  return true;
};

/** Waits until everything has arrived. False when the signal aborted first. */
export const drained = async (options: DrainOptions, clients: Clients): Promise<boolean> => {
  const { log, signal } = options;
  while (!(await keepTrying(() => isDrained(options, clients), { log, signal })))
    if (!(await delayOrAbort(200, signal))) return false;
  return true;
};
