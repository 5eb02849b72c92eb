import { peekState } from '../adapters/files/state-file.js';
import { inspectTable } from '../captures/polling/inspect.js';
import type { Config, ServerEnvironment } from '../config.js';
import { delayOrAbort } from '../core/delay.js';
import type { Log } from '../core/log.js';
import { keepTrying } from '../core/patience.js';
import type { Pipeline } from '../core/pipeline.js';
import { allEnded } from './all-ended.js';
import { type Clients, openClients } from './clients.js';
import { captureOptions, runFeedForever, stateDirectory } from './feeds.js';
import type { Progress } from './progress.js';
import { runWorkerForever } from './workers.js';

export type RunAllOptions = Readonly<{
  config: Config;
  servers: ServerEnvironment;
  pipeline: Pipeline;
  log: Log;
  /** Stops the roles. */
  signal: AbortSignal;
  progress: Progress;
  onRelease(release: () => Promise<void>): void;
}>;

/** Names of all worker instances that `up` starts. */
export const instancesOf = ({ workers }: Pipeline): string[] =>
  workers.flatMap(({ instances, instancePrefix }) =>
    Array.from({ length: instances }, (_, index) => `${instancePrefix}${index + 1}`),
  );

/** Runs every feed and every worker of a pipeline in this process, until the signal aborts or one of them fails. */
export const runAll = async (options: RunAllOptions): Promise<void> => {
  const { config, servers, pipeline, log, progress, onRelease } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const clientsOf = (clientId: string): Promise<Clients> => openClients({ config, servers, clientId, log, signal, onRelease });
  const roles: Promise<void>[] = [];
  for (const definition of pipeline.feeds) {
    const clients = await clientsOf(`rowbridge-${definition.name}`);
    const { captured, published } = progress;
    roles.push(
      runFeedForever({ config, clients, definition, log, signal, wait: true, onCaptured: captured, onPublished: published }),
    );
  }
  for (const definition of pipeline.workers) {
    for (let n = 1; n <= definition.instances; n++) {
      const instance = `${definition.instancePrefix}${n}`;
      const clients = await clientsOf(instance);
      roles.push(
        runWorkerForever({
          config,
          clients,
          definition,
          instance,
          log: log.child({ instance }),
          signal,
          wait: true,
          onAssigned: (assigned) => progress.assigned(instance, assigned),
          onHandled: (at, next, end, lines) => progress.handled(instance, at, next, end, lines),
        }),
      );
    }
  }
  const watched = roles.map((role) =>
    role.catch((error: unknown) => {
      failed.abort();
      throw error;
    }),
  );
  await allEnded(watched);
};

/** Whether every row of the tables is in the topics and every record of the topics was handled by every group. */
export const isDrained = async (options: RunAllOptions, clients: Clients): Promise<boolean> => {
  const { config, pipeline, log, signal } = options;
  for (const definition of pipeline.feeds) {
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
      for (const [partition, end] of await clients.reader.endOffsets(topic.name))
        if (end > 0n && (committed.get(partition) ?? 0n) < end) return false;
    }
  }
  return true;
};

/** Waits until everything has arrived. False when the signal aborted first. */
export const drained = async (options: RunAllOptions, clients: Clients): Promise<boolean> => {
  const { log, signal } = options;
  while (!(await keepTrying(() => isDrained(options, clients), { log, signal })))
    if (!(await delayOrAbort(200, signal))) return false;
  return true;
};
