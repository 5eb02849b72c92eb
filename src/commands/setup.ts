import { openClients } from '../app/clients.js';
import { loadPipeline } from '../app/pipelines.js';
import { neededByPipeline } from '../app/servers-needed.js';
import { setUp } from '../app/setup.js';
import { requireServers } from '../config.js';
import type { CommandSpec } from './command.js';

/** How long a command that runs once waits for a server that is away. */
export const ONE_SHOT_MS = 15_000;

export const setup: CommandSpec = {
  usage: 'setup [pipeline]',
  summary: 'make tables, accounts, topics and schemas; safe to run again',
  options: [],
  examples: ['rowbridge setup', 'rowbridge setup products'],
  async run({ config, lifecycle, log, print }, [name = 'products']) {
    const pipeline = await loadPipeline(name, config);
    const servers = requireServers(config, neededByPipeline(pipeline));
    const { signal, onRelease } = lifecycle;
    const clients = await openClients({ config, servers, clientId: 'rowbridge-setup', log, signal, onRelease });
    await setUp({ config, servers, clients, pipeline, log, signal, forMs: ONE_SHOT_MS });
    if (signal.aborted) return 130;
    print(`${name} is set up: ${pipeline.summary}`);
    return 0;
  },
};
