import { type Clients, openClients } from '../app/clients.js';
import { drained } from '../app/drained.js';
import { embeddedEnvironment } from '../app/embedded.js';
import { countOf, type Generating } from '../app/generator-feed.js';
import { loadPipeline } from '../app/pipelines.js';
import { type Progress, progress } from '../app/progress.js';
import { type RunAllOptions, runAll } from '../app/run-all.js';
import { enginesFor, neededByPipeline } from '../app/servers-needed.js';
import { setUp } from '../app/setup.js';
import { statusOf } from '../app/status.js';
import { wipe, wipeAll } from '../app/wipe.js';
import { type ServerEnvironment, serversGiven } from '../config.js';
import { delayOrAbort } from '../core/delay.js';
import { generatorFeeds, instancesOf, type Pipeline, tableFeeds, type UpdaterCounts } from '../core/pipeline.js';
import { type Engines, removeData, startEngines } from '../engines/index.js';
import { onParentDeath } from '../parent.js';
import type { CommandSpec, Context, Options } from './command.js';
import { DEAD_LETTER_OPTIONS, deadLetterLimit } from './dead-letter-limit.js';
import { summaryLines } from './feed-progress.js';
import { freshOnGivenServers } from './fresh.js';
import { GENERATOR_OPTIONS, generatorSettings } from './generating.js';
import { progressText } from './progress-text.js';
import { SHOWING_OPTIONS, showingOf } from './showing.js';
import { UPDATER_OPTIONS, updaterSettings } from './update.js';

/** How long `up` waits for its servers to take the set-up. */
const SETUP_MS = 60_000;
const LINE_MS = 1_000;

const startServers = async ({ config, lifecycle, log, print }: Context, pipeline: Pipeline): Promise<Engines> => {
  const engines = await startEngines({
    home: config.enginesHome,
    env: config.environment,
    log,
    signal: lifecycle.signal,
    onProgress: progressText(process.stderr),
    only: enginesFor(neededByPipeline(pipeline)),
  });
  lifecycle.onRelease(() => engines.stop());
  if (engines.mysql !== undefined) print(`MySQL     ${engines.mysql.host}:${engines.mysql.port}`);
  print(`Kafka     ${engines.kafka.brokers.join(',')}`);
  if (engines.registry !== undefined) print(`registry  ${engines.registry.url}`);
  return engines;
};

const printLines = async ({ print }: Context, seen: Progress, signal: AbortSignal): Promise<void> => {
  while (await delayOrAbort(LINE_MS, signal)) print(seen.line());
};

/** What a person reads at the end: of tables where their records are, of generators how many events were acknowledged. */
const summary = async ({ print }: Context, options: RunAllOptions, clients: Clients): Promise<void> => {
  const { pipeline, progress: seen } = options;
  for (const line of summaryLines(generatorFeeds(pipeline), seen.byFeed)) print(line);
  if (tableFeeds(pipeline).length === 0) return;
  print(seen.line());
  const { workers } = await statusOf({ ...options, clients });
  for (const { instance, partitions } of workers) {
    const parts = partitions.map(({ partition, end }) => `${partition}: ${end}`).join(', ');
    print(`${instance}  partitions and records  ${parts}`);
  }
};

/** Generators without a count of their own end after this many with --once. */
const ONCE_EVENTS = 20;

const generatingOf = ({ config }: Context, pipeline: Pipeline, options: Options): Generating => {
  const asked = generatorSettings(config, options);
  const endless = generatorFeeds(pipeline).some((feed) => countOf(feed, asked) === undefined);
  return options.once === true && endless ? { ...asked, count: ONCE_EVENTS } : asked;
};

/** Updater, feeds and workers, until the signal, or until everything has arrived where there is an end: with --once, or by a count. */
const runRoles = async (
  context: Context,
  pipeline: Pipeline,
  servers: Partial<ServerEnvironment>,
  options: Options,
): Promise<void> => {
  const { config, lifecycle, log } = context;
  const { onRelease } = lifecycle;
  const over = new AbortController();
  const signal = AbortSignal.any([lifecycle.signal, over.signal]);
  const seen = progress(pipeline.workers.flatMap(instancesOf));
  const clients = await openClients({ config, servers, clientId: 'rowbridge-up', log, signal, onRelease });
  await setUp({ config, servers, clients, pipeline, log, signal, forMs: SETUP_MS });
  const { updater } = pipeline;
  const [generating, showing] = [generatingOf(context, pipeline, options), showingOf(context, options)];
  const limit = deadLetterLimit(options);
  const run: RunAllOptions = {
    config,
    servers,
    pipeline,
    generating,
    showing,
    deadLetterLimit: limit,
    log,
    signal,
    progress: seen,
    onRelease,
  };
  const hasTables = tableFeeds(pipeline).length > 0;
  const lines = hasTables ? printLines(context, seen, signal) : Promise.resolve();
  const running = await runAll(run);
  const roles = running.ended.finally(() => over.abort());
  const { connectUpdater: connect } = clients;
  const onProgress = ({ seeded, changed }: UpdaterCounts): void => seen.seeded(seeded, changed);
  const updating = updater?.({ connect, signal, log, ...updaterSettings(options), onProgress });
  const finish = async (): Promise<void> => {
    await updating;
    if (hasTables ? options.once !== true : await running.fed.then(() => signal.aborted)) return;
    if (!(await drained(run, clients))) return;
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
    ...GENERATOR_OPTIONS.filter(([flags]) => flags.startsWith('--forever') || flags.startsWith('--order')),
    ...SHOWING_OPTIONS.filter(([flags]) => flags.startsWith('--json') || flags.startsWith('--every')),
    ...DEAD_LETTER_OPTIONS,
    [
      '--fresh',
      "first delete state, logs and the embedded servers' data; on given servers the pipeline's table, topics and groups",
    ],
    ['--yes', 'do not ask'],
  ],
  examples: ['rowbridge up', 'rowbridge up --once', 'rowbridge up products --rate 20', 'rowbridge up shop-events'],
  logLevel: 'warn',
  async run(context, [name = 'products'], options) {
    const { config, lifecycle } = context;
    const pipeline = await loadPipeline(name, config);
    updaterSettings(options);
    generatorSettings(config, options);
    deadLetterLimit(options);
    const given = serversGiven(config, neededByPipeline(pipeline));
    if (options.fresh === true) {
      if (given) {
        await freshOnGivenServers(context, pipeline, config.servers, options);
      } else {
        await removeData(config.enginesHome);
      }
      const folders = await (given ? wipe(config, pipeline) : wipeAll(config));
      if (folders.length > 0)
        context.log.warn({ folders }, 'folders with files that rowbridge did not write are left, with these files');
    }
    const unwatch = onParentDeath(lifecycle.stop, config.underNpm);
    try {
      const servers = given ? config.servers : embeddedEnvironment(await startServers(context, pipeline));
      await runRoles(context, pipeline, servers, options);
    } finally {
      unwatch();
    }
    return 0;
  },
};
