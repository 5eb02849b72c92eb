import { allEnded, endingOthers } from '../app/all-ended.js';
import { openClients } from '../app/clients.js';
import { runGeneratorFeed } from '../app/generator-feed.js';
import { killAt } from '../app/kill-at.js';
import { loadPipeline, oneNamed } from '../app/pipelines.js';
import { neededByFeeds } from '../app/servers-needed.js';
import { runTableFeed } from '../app/table-feed.js';
import { requireServers } from '../config.js';
import { generatorFeeds, type Pipeline } from '../core/pipeline.js';
import { type CommandSpec, type Context, type Options, waits } from './command.js';
import { DEAD_LETTER_OPTIONS, deadLetterLimit } from './dead-letter-limit.js';
import { showFeedProgress, summaryLines } from './feed-progress.js';
import { GENERATOR_OPTIONS, generatorSettings, refuseGeneratorOptions } from './generating.js';
import { refuseSharing, refuseSharingOne, SHARING_OPTIONS, shareOf } from './sharing.js';

/** Runs feeds until they end, the signal aborts, or one of them fails: then the others drain before the failure is told. */
const runFeeds = async (
  { config, lifecycle, log, print }: Context,
  pipeline: Pipeline,
  name: string,
  options: Options,
): Promise<void> => {
  const generators = generatorFeeds(pipeline);
  if (generators.length > 0) refuseSharing(options, name);
  if (generators.length === 0) refuseGeneratorOptions(options, name);
  const generating = generatorSettings(config, options);
  const limit = deadLetterLimit(options);
  const servers = requireServers(config, neededByFeeds(pipeline.feeds));
  const failed = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([lifecycle.signal, failed.signal]);
  const { onRelease } = lifecycle;
  const clients = await openClients({ config, servers, clientId: `rowbridge-${name}`, log, signal, onRelease });
  const shared = shareOf(options, {
    clients,
    pipeline: name,
    feeds: pipeline.feeds.length,
    log,
    signal: AbortSignal.any([signal, over.signal]),
  });
  shared.ended.catch(() => failed.abort());
  const acknowledged = new Map<string, number>();
  const feeds = pipeline.feeds.map(({ name: feed, source, topic }) => {
    const common = {
      config,
      clients,
      log: log.child({ feed }),
      signal,
      wait: waits(options),
      deadLetterLimit: limit,
      onPublished: (records: number) => void acknowledged.set(feed, (acknowledged.get(feed) ?? 0) + records),
    };
    const running =
      source.kind === 'table'
        ? runTableFeed({ ...common, share: shared.share, definition: { name: feed, source, topic }, onMarker: killAt(config) })
        : runGeneratorFeed({ ...common, definition: { name: feed, source, topic }, generating });
    return endingOthers(running, failed);
  });
  const shown = generators.length === 0 ? undefined : showFeedProgress(generators, generating, acknowledged, over.signal);
  const [ended] = await Promise.allSettled([allEnded([...feeds, shared.ended])]);
  over.abort();
  await shown;
  // A feed that never began has nothing to sum up: its failure is told by itself.
  if (ended.status === 'fulfilled' || acknowledged.size > 0) {
    if (generators.length === 0)
      log.info({ published: [...acknowledged.values()].reduce((sum, records) => sum + records, 0) }, 'producer stopped');
    else if (options.json === true) print(JSON.stringify(Object.fromEntries(acknowledged)));
    else for (const line of summaryLines(generators, acknowledged)) print(line);
  }
  if (ended.status === 'rejected') throw ended.reason;
};

export const produce: CommandSpec = {
  usage: 'produce <pipeline> [feed]',
  summary: 'publish what a pipeline feeds on: changed rows of tables, until stopped, or generated events',
  options: [
    ...GENERATOR_OPTIONS,
    ...SHARING_OPTIONS,
    ...DEAD_LETTER_OPTIONS,
    ['--no-wait', 'exit 3 when a server is away, instead of waiting for it'],
    ['--json', 'how many events were acknowledged, as one JSON object'],
  ],
  examples: [
    'rowbridge produce products',
    'rowbridge produce products --standby',
    'rowbridge produce shop-events purchases --count 100 --seed 7',
    'rowbridge produce traffic --rate 20',
  ],
  async run(context, [name = '', feed], options) {
    const pipeline = await loadPipeline(name, context.config);
    if (feed !== undefined) refuseSharingOne(options, feed);
    const feeds = feed === undefined ? pipeline.feeds : [oneNamed('feed', feed, pipeline.feeds)];
    await runFeeds(context, { ...pipeline, feeds }, name, options);
    return 0;
  },
};
