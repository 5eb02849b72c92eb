import { SERVER_VARIABLES, type ServerVariable } from '../config.js';
import type { FeedDefinition, Pipeline, Row, WorkerDefinition } from '../core/pipeline.js';
import type { Topic } from '../core/topic.js';
import type { EngineName } from '../engines/index.js';

const CAPTURE_VARIABLES = ['MYSQL_HOST', 'MYSQL_PORT', 'MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_DATABASE'] as const;

const forTopics = (topics: readonly Topic<Row>[]): readonly ServerVariable[] =>
  topics.some(({ format }) => format.kind === 'avro') ? ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL'] : ['KAFKA_BROKERS'];

/** The variables that feeds need. */
export const neededByFeeds = (feeds: readonly FeedDefinition[]): readonly ServerVariable[] => [
  ...forTopics(feeds.map(({ topic }) => topic)),
  ...(feeds.some(({ source }) => source.kind === 'table') ? CAPTURE_VARIABLES : []),
];

/** The variables that workers need. */
export const neededByWorkers = (workers: readonly WorkerDefinition[]): readonly ServerVariable[] =>
  forTopics(workers.flatMap(({ from }) => from));

/** The variables that a whole pipeline needs, its set-up and its updater included. */
export const neededByPipeline = ({ feeds, workers }: Pipeline): readonly ServerVariable[] =>
  feeds.some(({ source }) => source.kind === 'table')
    ? SERVER_VARIABLES
    : [...new Set([...neededByFeeds(feeds), ...neededByWorkers(workers)])];

/** The servers behind variables. */
export const enginesFor = (variables: readonly ServerVariable[]): readonly EngineName[] => [
  'kafka',
  ...(variables.includes('SCHEMA_REGISTRY_URL') ? (['registry'] as const) : []),
  ...(variables.includes('MYSQL_HOST') ? (['mysql'] as const) : []),
];
