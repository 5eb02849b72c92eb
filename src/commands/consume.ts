import { allEnded, endingOthers } from '../app/all-ended.js';
import { openClients } from '../app/clients.js';
import { killAt } from '../app/kill-at.js';
import { loadPipeline, oneNamed } from '../app/pipelines.js';
import { neededByWorkers } from '../app/servers-needed.js';
import { runWorkerForever } from '../app/workers.js';
import { requireServers } from '../config.js';
import type { WorkerDefinition } from '../core/pipeline.js';
import { type CommandSpec, instanceOption, type Options, waits } from './command.js';
import { DEAD_LETTER_OPTIONS, deadLetterLimit } from './dead-letter-limit.js';
import { SHOWING_OPTIONS, showingOf } from './showing.js';

/** A worker with one member needs no other name than its own. @throws BridgeError `configuration` where one is needed */
const instanceFor = ({ name, instancePrefix }: WorkerDefinition, options: Options): string =>
  instancePrefix === undefined && options.instance === undefined ? name : instanceOption(options);

export const consume: CommandSpec = {
  usage: 'consume <pipeline> [worker]',
  summary: 'run a member of each consumer group of a pipeline, or of one, until stopped',
  options: [
    ['--instance <name>', 'name of this member and of its log folder (a-z, 0-9, _ and -); needed where a group has several'],
    ...SHOWING_OPTIONS,
    ...DEAD_LETTER_OPTIONS,
    ['--no-wait', 'exit 3 when a server is away, instead of waiting for it'],
  ],
  examples: [
    'rowbridge consume products --instance consumer_1',
    'rowbridge consume shop-events metrics',
    'rowbridge consume traffic --from beginning --max 10 --json',
  ],
  async run(context, [name = '', only], options) {
    const { config, lifecycle, log } = context;
    const pipeline = await loadPipeline(name, config);
    const definitions = only === undefined ? pipeline.workers : [oneNamed('worker', only, pipeline.workers)];
    const showing = showingOf(context, options);
    const limit = deadLetterLimit(options);
    const members = definitions.map((definition) => ({ definition, instance: instanceFor(definition, options) }));
    const servers = requireServers(config, neededByWorkers(definitions));
    const { onRelease } = lifecycle;
    // When one of them fails, the others drain before the failure is told.
    const failed = new AbortController();
    const signal = AbortSignal.any([lifecycle.signal, failed.signal]);
    let handled = 0;
    const running: Promise<void>[] = [];
    for (const { definition, instance } of members) {
      const clients = await openClients({ config, servers, clientId: instance, log, signal, onRelease });
      const worker = runWorkerForever({
        config,
        clients,
        definition,
        instance,
        log: log.child({ instance }),
        signal,
        wait: waits(options),
        showing,
        deadLetterLimit: limit,
        onMarker: killAt(config),
        onHandled: (_at, _next, _end, records) => {
          handled += records;
        },
      });
      running.push(endingOthers(worker, failed));
    }
    await allEnded(running);
    log.info({ instances: members.map(({ instance }) => instance), handled }, 'stopped');
    return 0;
  },
};
