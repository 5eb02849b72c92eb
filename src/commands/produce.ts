import { allEnded } from '../app/all-ended.js';
import { openClients } from '../app/clients.js';
import { runFeedForever } from '../app/feeds.js';
import { killAt } from '../app/kill-at.js';
import { loadPipeline } from '../app/pipelines.js';
import { requireServers } from '../config.js';
import { type CommandSpec, waits } from './command.js';

export const PRODUCE_VARIABLES = [
  'KAFKA_BROKERS',
  'SCHEMA_REGISTRY_URL',
  'MYSQL_HOST',
  'MYSQL_PORT',
  'MYSQL_USER',
  'MYSQL_PASSWORD',
  'MYSQL_DATABASE',
] as const;

export const produce: CommandSpec = {
  usage: 'produce <pipeline>',
  summary: 'capture changed rows and publish them, until stopped',
  options: [['--no-wait', 'exit 3 when a server is away, instead of waiting for it']],
  examples: ['rowbridge produce products'],
  async run({ config, lifecycle, log }, [name = ''], options) {
    const pipeline = await loadPipeline(name);
    const servers = requireServers(config, PRODUCE_VARIABLES);
    const { onRelease } = lifecycle;
    // When one of them fails, the others drain before the failure is told.
    const over = new AbortController();
    const signal = AbortSignal.any([lifecycle.signal, over.signal]);
    const clients = await openClients({ config, servers, clientId: `rowbridge-${name}`, log, signal, onRelease });
    let published = 0;
    const feeds = pipeline.feeds.map((definition) =>
      runFeedForever({
        config,
        clients,
        definition,
        log: log.child({ feed: definition.name }),
        signal,
        wait: waits(options),
        onMarker: killAt(config),
        onPublished: (records) => {
          published += records;
        },
      }).finally(() => over.abort()),
    );
    await allEnded(feeds);
    log.info({ published }, 'producer stopped');
    return 0;
  },
};
