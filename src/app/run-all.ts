import type { Config, ServerEnvironment } from '../config.js';
import type { DeadLetterLimit } from '../core/dead-letters.js';
import type { Log } from '../core/log.js';
import { instancesOf, type Pipeline } from '../core/pipeline.js';
import { allEnded, endingOthers } from './all-ended.js';
import { type Clients, openClients } from './clients.js';
import { type Generating, runGeneratorFeed } from './generator-feed.js';
import type { Progress } from './progress.js';
import { runTableFeed } from './table-feed.js';
import { runWorkerForever, type Showing } from './workers.js';

export type RunAllOptions = Readonly<{
  config: Config;
  servers: Partial<ServerEnvironment>;
  pipeline: Pipeline;
  generating: Generating;
  showing: Showing;
  deadLetterLimit?: DeadLetterLimit | undefined;
  log: Log;
  /** Stops the roles. */
  signal: AbortSignal;
  progress: Progress;
  onRelease(release: () => Promise<void>): void;
}>;

/** The roles of a pipeline that run. Both reject with the first failure, when all have come to their end. */
export type Running = Readonly<{
  /** When no feed has anything more to publish: generators end by their count, tables with the signal. */
  fed: Promise<void>;
  ended: Promise<void>;
}>;

/** Runs every feed and every worker of a pipeline in this process, until the signal aborts or one of them fails. */
export const runAll = async (options: RunAllOptions): Promise<Running> => {
  const { config, servers, pipeline, generating, showing, deadLetterLimit, log, progress, onRelease } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const clientsOf = (clientId: string): Promise<Clients> => openClients({ config, servers, clientId, log, signal, onRelease });
  const feeds: Promise<void>[] = [];
  const workers: Promise<void>[] = [];
  for (const definition of pipeline.feeds) {
    const clients = await clientsOf(`rowbridge-${definition.name}`);
    const common = { config, clients, log: log.child({ feed: definition.name }), signal, wait: true, deadLetterLimit };
    const { source } = definition;
    const onPublished = (records: number): void => progress.published(definition.name, records);
    const running =
      source.kind === 'table'
        ? runTableFeed({ ...common, definition: { ...definition, source }, onPublished, onCaptured: progress.captured })
        : runGeneratorFeed({ ...common, definition: { ...definition, source }, onPublished, generating });
    feeds.push(endingOthers(running, failed));
  }
  for (const definition of pipeline.workers) {
    for (const instance of instancesOf(definition)) {
      const clients = await clientsOf(instance);
      const running = runWorkerForever({
        config,
        clients,
        definition,
        instance,
        log: log.child({ instance }),
        signal,
        wait: true,
        showing,
        deadLetterLimit,
        onAssigned: (assigned) => progress.assigned(instance, assigned),
        onHandled: (at, next, end, lines) => progress.handled(instance, at, next, end, lines),
      });
      workers.push(endingOthers(running, failed));
    }
  }
  const fed = allEnded(feeds);
  fed.catch(() => {});
  return { fed, ended: allEnded([...feeds, ...workers]) };
};
