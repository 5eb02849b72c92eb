import { loadPipeline, pipelineNames } from '../app/pipelines.js';
import type { Config } from '../config.js';
import { type FeedDefinition, instancesOf } from '../core/pipeline.js';
import type { CommandSpec } from './command.js';

const sourceOf = ({ source }: FeedDefinition): string =>
  source.kind === 'table' ? `table ${source.table}` : `generator ${source.name}`;

const described = async (name: string, config: Config) => {
  const { summary, feeds, workers } = await loadPipeline(name, config);
  return {
    name,
    summary,
    feeds: feeds.map((feed) => ({
      name: feed.name,
      source: sourceOf(feed),
      topic: feed.topic.name,
      partitions: feed.topic.partitions,
      format: feed.topic.format.kind,
    })),
    workers: workers.map((worker) => ({
      name: worker.name,
      topics: worker.from.map((topic) => topic.name),
      instances: instancesOf(worker),
    })),
  };
};

type Described = Awaited<ReturnType<typeof described>>;

const linesOf = ({ name, summary, feeds, workers }: Described): string[] => [
  `${name}: ${summary}`,
  ...feeds.map(
    (feed) =>
      `  feed    ${feed.name}: ${feed.source} -> ${feed.topic} (${feed.partitions} partition${feed.partitions === 1 ? '' : 's'}, ${feed.format})`,
  ),
  ...workers.map((worker) => `  worker  ${worker.name}: ${worker.topics.join(', ')} -> ${worker.instances.join(', ')}`),
];

export const list: CommandSpec = {
  usage: 'list',
  summary: 'describe every pipeline: its feeds, topics and workers',
  options: [['--json', 'one JSON list instead of text']],
  examples: ['rowbridge list', 'rowbridge list --json'],
  logLevel: 'warn',
  async run({ config, print }, _args, options) {
    const all = [];
    for (const name of pipelineNames()) all.push(await described(name, config));
    if (options.json === true) print(JSON.stringify(all, null, 2));
    else for (const line of all.flatMap(linesOf)) print(line);
    return 0;
  },
};
