import { allEnded } from '../app/all-ended.js';
import { openClients } from '../app/clients.js';
import { killAt } from '../app/kill-at.js';
import { loadPipeline } from '../app/pipelines.js';
import { runWorkerForever } from '../app/workers.js';
import { requireServers } from '../config.js';
import { type CommandSpec, instanceOption, waits } from './command.js';

export const consume: CommandSpec = {
  usage: 'consume <pipeline>',
  summary: 'run one member of the consumer group, until stopped',
  options: [
    ['--instance <name>', 'name of this member and of its log folder (a-z, 0-9, _ and -)'],
    ['--no-wait', 'exit 3 when a server is away, instead of waiting for it'],
  ],
  examples: ['rowbridge consume products --instance consumer_1'],
  async run({ config, lifecycle, log }, [name = ''], options) {
    const pipeline = await loadPipeline(name);
    const instance = instanceOption(options);
    const servers = requireServers(config, ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL']);
    const { onRelease } = lifecycle;
    // When one of them fails, the others drain before the failure is told.
    const over = new AbortController();
    const signal = AbortSignal.any([lifecycle.signal, over.signal]);
    const clients = await openClients({ config, servers, clientId: instance, log, signal, onRelease });
    let handled = 0;
    const workers = pipeline.workers.map((definition) =>
      runWorkerForever({
        config,
        clients,
        definition,
        instance,
        log: log.child({ instance }),
        signal,
        wait: waits(options),
        onMarker: killAt(config),
        onHandled: (_at, _next, _end, records) => {
          handled += records;
        },
      }).finally(() => over.abort()),
    );
    await allEnded(workers);
    log.info({ instance, handled }, 'worker stopped');
    return 0;
  },
};
