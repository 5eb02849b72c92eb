// Four tables of the form of `products`, for tests of several producers; run with ROWBRIDGE_TEST_PIPELINES.
import { definePipeline, feed, table, worker } from '../../../../dist/core/pipeline.js';
import { avro } from '../../../../dist/core/topic.js';
import { jsonLog } from '../../../../dist/sinks/json-log/index.js';

const tables = ['items_a', 'items_b', 'items_c', 'items_d'];
const topicOf = (name) => ({
  name: `${name}_updates`,
  partitions: 3,
  format: avro('product_updates-value'),
  key: ({ id }) => String(id),
});
const topics = new Map(tables.map((name) => [name, topicOf(name)]));

export default definePipeline({
  summary: 'four tables, a topic each, one log',
  feeds: tables.map((name) => feed(table(name, { cursor: 'last_updated' }), topics.get(name))),
  workers: [worker('many_workers', { from: [...topics.values()], transform: (value) => [value], sink: jsonLog })],
});
