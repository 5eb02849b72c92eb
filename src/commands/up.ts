import { type Clients, openClients } from '../app/clients.js';
import { embeddedEnvironment } from '../app/embedded.js';
import { loadPipeline } from '../app/pipelines.js';
import { type Progress, progress } from '../app/progress.js';
import { drained, instancesOf, type RunAllOptions, runAll } from '../app/run-all.js';
import { setUp } from '../app/setup.js';
import { statusOf } from '../app/status.js';
import { wipe } from '../app/wipe.js';
import { type ServerEnvironment, serversGiven } from '../config.js';
import { delayOrAbort } from '../core/delay.js';
import type { Pipeline, UpdaterCounts } from '../core/pipeline.js';
import { type Engines, removeData, startEngines } from '../engines/index.js';
import { onParentDeath } from '../parent.js';
import type { CommandSpec, Context, Options } from './command.js';
import { freshOnGivenServers } from './fresh.js';
import { progressText } from './progress-text.js';
import { UPDATER_OPTIONS, updaterSettings } from './update.js';

/** How long `up` waits for its servers to take the set-up. */
const SETUP_MS = 60_000;
const LINE_MS = 1_000;

const startServers = async ({ config, lifecycle, log, print }: Context): Promise<Engines> => {
  const engines = await startEngines({
    home: config.enginesHome,
    env: config.environment,
    log,
    signal: lifecycle.signal,
    onProgress: progressText(process.stderr),
  });
  lifecycle.onRelease(() => engines.stop());
  print(`MySQL     ${engines.mysql.host}:${engines.mysql.port}`);
  print(`Kafka     ${engines.kafka.brokers.join(',')}`);
  print(`registry  ${engines.registry.url}`);
  return engines;
};

const printLines = async ({ print }: Context, seen: Progress, signal: AbortSignal): Promise<void> => {
  while (await delayOrAbort(LINE_MS, signal)) print(seen.line());
};

const summary = async ({ print }: Context, options: RunAllOptions, clients: Clients): Promise<void> => {
  const { workers } = await statusOf({ ...options, clients });
  for (const { instance, partitions } of workers) {
    const parts = partitions.map(({ partition, end }) => `${partition}: ${end}`).join(', ');
    print(`${instance}  partitions and records  ${parts}`);
  }
};

/** Updater, feeds and workers, until the signal, or with --once until everything has arrived. */
const runRoles = async (context: Context, pipeline: Pipeline, servers: ServerEnvironment, options: Options): Promise<void> => {
  const { config, lifecycle, log } = context;
  const { onRelease } = lifecycle;
  const over = new AbortController();
  const signal = AbortSignal.any([lifecycle.signal, over.signal]);
  const seen = progress(instancesOf(pipeline));
  const clients = await openClients({ config, servers, clientId: 'rowbridge-up', log, signal, onRelease });
  await setUp({ config, servers, clients, pipeline, log, signal, forMs: SETUP_MS });
  const { updater } = pipeline;
  const run: RunAllOptions = { config, servers, pipeline, log, signal, progress: seen, onRelease };
  const lines = printLines(context, seen, signal);
  const settings = updaterSettings(options);
  const roles = runAll(run).finally(() => over.abort());
  const { connectUpdater: connect } = clients;
  const onProgress = ({ seeded, changed }: UpdaterCounts): void => seen.seeded(seeded, changed);
  const updating = updater?.({ connect, signal, log, ...settings, onProgress });
  const finish = async (): Promise<void> => {
    await updating;
    if (options.once !== true || !(await drained(run, clients))) return;
    context.print(seen.line());
    await summary(context, run, clients);
    over.abort();
  };
  const finished = finish().catch((error: unknown) => {
    over.abort();
    throw error;
  });
  const ends = await Promise.allSettled([roles, finished, lines]);
  for (const end of ends) if (end.status === 'rejected' && !lifecycle.signal.aborted) throw end.reason;
};

export const up: CommandSpec = {
  usage: 'up [pipeline]',
  summary: 'run a whole pipeline: servers (unless given), updater, producer and workers',
  options: [
    ...UPDATER_OPTIONS,
    [
      '--fresh',
      "first delete state, logs and the embedded servers' data; on given servers the pipeline's table, topics and groups",
    ],
    ['--yes', 'do not ask'],
  ],
  examples: ['rowbridge up', 'rowbridge up --once', 'rowbridge up products --rate 20'],
  logLevel: 'warn',
  async run(context, [name = 'products'], options) {
    const { config, lifecycle } = context;
    const pipeline = await loadPipeline(name);
    updaterSettings(options);
    const given = serversGiven(config);
    if (options.fresh === true) {
      if (given) await freshOnGivenServers(context, pipeline, config.servers as ServerEnvironment, options);
      else await removeData(config.enginesHome);
      await wipe(config, pipeline);
    }
    const unwatch = onParentDeath(lifecycle.stop, config.underNpm);
    try {
      const engines = given ? undefined : await startServers(context);
      const servers = engines === undefined ? (config.servers as ServerEnvironment) : embeddedEnvironment(engines);
      await runRoles(context, pipeline, servers, options);
    } finally {
      unwatch();
    }
    return 0;
  },
};
