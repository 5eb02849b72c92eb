import { openClients } from '../app/clients.js';
import { loadPipeline } from '../app/pipelines.js';
import { requireServers } from '../config.js';
import { BridgeError } from '../core/errors.js';
import { type CommandSpec, numberOption, type Options, waits } from './command.js';

/** The options that say what the updater does; `up` takes them too. */
export const UPDATER_OPTIONS = [
  ['--rate <n>', 'changes per second (default 5; 0: as fast as it can)'],
  ['--count <n>', 'stop changing after this many changes (default: go on)'],
  ['--seed <text>', 'the same seed makes the same changes'],
  ['--once', 'only the seed rows, then end'],
] as const;

/** What the options ask of an updater. @throws BridgeError `configuration` */
export const updaterSettings = (options: Options) => {
  const rate = numberOption(options, 'rate');
  const count = numberOption(options, 'count', { whole: true });
  return {
    once: options.once === true,
    ...(rate === undefined ? {} : { rate }),
    ...(count === undefined ? {} : { count }),
    ...(typeof options.seed === 'string' ? { seed: options.seed } : {}),
  };
};

const noUpdater = (name: string): BridgeError =>
  new BridgeError({
    code: 'UPDATER_MISSING',
    kind: 'configuration',
    found: `The pipeline '${name}' has no updater.`,
    fix: "What it publishes comes from elsewhere: 'rowbridge produce' captures rows or generates events.",
  });

export const update: CommandSpec = {
  usage: 'update <pipeline>',
  summary: 'insert the seed rows at a set pace, then go on changing rows',
  options: [...UPDATER_OPTIONS, ['--no-wait', 'exit 3 when a server is away, instead of waiting for it']],
  examples: ['rowbridge update products --once', 'rowbridge update products --rate 20 --count 500 --seed 7'],
  async run({ config, lifecycle, log }, [name = ''], options) {
    const pipeline = await loadPipeline(name, config);
    const { updater } = pipeline;
    if (updater === undefined) throw noUpdater(name);
    const settings = updaterSettings(options);
    const servers = requireServers(config, [
      'MYSQL_HOST',
      'MYSQL_PORT',
      'MYSQL_DATABASE',
      'MYSQL_UPDATER_USER',
      'MYSQL_UPDATER_PASSWORD',
    ]);
    const { signal, onRelease } = lifecycle;
    const clients = await openClients({ config, servers, clientId: 'rowbridge-updater', log, signal, onRelease });
    const counts = await updater({
      connect: clients.connectUpdater,
      signal,
      log,
      ...settings,
      ...(waits(options) ? {} : { forMs: 0 }),
    });
    log.info({ ...counts }, 'updater stopped');
    return 0;
  },
};
