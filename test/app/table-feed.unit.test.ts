import { stateDirectory } from '../../src/app/table-feed.js';
import { feed, type Row, type TableFeed, table } from '../../src/core/pipeline.js';
import { avro, type Topic } from '../../src/core/topic.js';
import { configWith } from '../support/config.js';

describe('the state of a feed', () => {
  it('is its own, whatever other feeds there are of its table', () => {
    const topic: Topic<Row> = { name: 't', partitions: 1, format: avro('t-value'), key: ({ id }) => String(id) };
    const products = table('products', { cursor: 'last_updated' });
    const feeds = [feed(products, topic), feed(products, topic, 'narrow')] as TableFeed[];
    const directories = feeds.map((one) => stateDirectory(configWith({}, { stateDirectory: '/state' }), one));
    expect(directories).toEqual(['/state/products', '/state/narrow']);
  });
});
