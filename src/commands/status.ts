import { openClients } from '../app/clients.js';
import { loadPipeline } from '../app/pipelines.js';
import { neededByFeeds, neededByWorkers } from '../app/servers-needed.js';
import { type FeedStatus, type GeneratorStatus, statusOf, type WorkerStatus } from '../app/status.js';
import { requireServers } from '../config.js';
import { keepTrying } from '../core/patience.js';
import type { CommandSpec } from './command.js';
import { ONE_SHOT_MS } from './setup.js';

const feedLines = (feed: FeedStatus): string[] => [
  `feed ${feed.name}: ${feed.table} -> ${feed.topic}`,
  `  active     ${feed.active ?? 'no producer'}`,
  ...feed.standby.map((process) => `  standby    ${process}`),
  `  guarantee  ${feed.guarantee} (${feed.reason})`,
  `  position   ${feed.position?.timestamp ?? 'the beginning'}${feed.position?.key === undefined ? '' : `, key ${feed.position.key}`}`,
  `  waiting    ${feed.rowsWaiting} rows${feed.rowsWaiting > 0 ? `, the oldest ${feed.ageSeconds.toFixed(1)} s old` : ''}`,
];

const generatorLine = ({ name, topic, records }: GeneratorStatus): string => `generator ${name} -> ${topic}: ${records} records`;

const workerLines = ({ instance, group, running, partitions }: WorkerStatus): string[] => [
  `worker ${instance} of ${group}${running ? '' : ' (not running)'}`,
  ...partitions.map(
    ({ topic, partition, committed, logged, end, lag }) =>
      `  ${topic}/${partition}  committed ${committed ?? '-'}  logged ${logged ?? '-'}  end ${end}  lag ${lag}`,
  ),
];

export const status: CommandSpec = {
  usage: 'status [pipeline]',
  summary: 'how far every feed and worker is, and how sure the capture is',
  options: [['--json', 'one JSON object instead of text']],
  examples: ['rowbridge status', 'rowbridge status products --json'],
  logLevel: 'warn',
  async run({ config, lifecycle, log, print }, [name = 'products'], options) {
    const pipeline = await loadPipeline(name, config);
    const servers = requireServers(config, [...neededByFeeds(pipeline.feeds), ...neededByWorkers(pipeline.workers)]);
    const { signal, onRelease } = lifecycle;
    const clients = await openClients({ config, servers, clientId: 'rowbridge-status', log, signal, onRelease });
    const found = await keepTrying(() => statusOf({ config, clients, pipeline, log, signal }), {
      log,
      signal,
      forMs: ONE_SHOT_MS,
    });
    if (found === undefined) return 130;
    if (options.json === true) print(JSON.stringify(found, null, 2));
    else
      for (const line of [
        ...found.feeds.flatMap(feedLines),
        ...found.generators.map(generatorLine),
        ...found.workers.flatMap(workerLines),
      ])
        print(line);
    return 0;
  },
};
