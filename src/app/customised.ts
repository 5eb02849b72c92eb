import type { Config } from '../config.js';
import type { FeedDefinition, Pipeline, Row } from '../core/pipeline.js';
import type { Topic } from '../core/topic.js';
import { type FeedSettings, feedSettings } from '../feed-settings.js';

const customTopic = (original: Topic<Row>, { topic, partitions }: FeedSettings): Topic<Row> => ({
  ...original,
  name: topic ?? original.name,
  partitions: partitions ?? original.partitions,
});

const customFeed = (feed: FeedDefinition, topic: Topic<Row>, { count, delayMs }: FeedSettings): FeedDefinition => {
  if (feed.source.kind === 'table') return { ...feed, source: feed.source, topic };
  const eventsPerSecond = delayMs === undefined ? feed.source.eventsPerSecond : delayMs === 0 ? 0 : 1000 / delayMs;
  return { name: feed.name, topic, source: { ...feed.source, eventsPerSecond, ...(count === undefined ? {} : { count }) } };
};

/**
 * A pipeline with what the environment says of its feeds: names and partitions of topics, counts and delays of generators.
 * @throws BridgeError `configuration` naming the variable
 */
export const customised = (pipeline: Pipeline, config: Config): Pipeline => {
  const topics = new Map<Topic<Row>, Topic<Row>>();
  const feeds = pipeline.feeds.map((feed) => {
    const settings = feedSettings(config, feed.name);
    const topic = customTopic(feed.topic, settings);
    topics.set(feed.topic, topic);
    return customFeed(feed, topic, settings);
  });
  const workers = pipeline.workers.map((worker) => ({ ...worker, from: worker.from.map((topic) => topics.get(topic) ?? topic) }));
  return { ...pipeline, feeds, workers };
};
