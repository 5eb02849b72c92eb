import type { Decimal } from '../../core/decimal.js';
import { definePipeline, feed, table, worker } from '../../core/pipeline.js';
import { avro, type Topic } from '../../core/topic.js';
import { chain } from '../../core/transform.js';
import { jsonLog } from '../../sinks/json-log/index.js';
import { discount } from '../../transforms/discount.js';
import { upperCase } from '../../transforms/upper-case.js';
import { readSeedRows, SEED_FILE } from './seed-rows.js';
import { updateProducts } from './updater.js';

/** A product as it travels. `last_updated` is UTC with microseconds. */
export type Product = Readonly<{ id: number; name: string; category: string; price: Decimal; last_updated: string }>;

export const productUpdates: Topic<Product> = {
  name: 'product_updates',
  partitions: 10,
  format: avro('product_updates-value'),
  key: ({ id }) => String(id),
};

export default definePipeline({
  summary: 'products table -> product_updates -> five discount logs',
  feeds: [feed(table('products', { cursor: 'last_updated' }), productUpdates)],
  workers: [
    worker('product_workers', {
      instances: 5,
      instancePrefix: 'consumer_',
      from: [productUpdates],
      transform: chain(upperCase('category'), discount({ category: 'CAT_5', percent: 20 })),
      sink: jsonLog,
    }),
  ],
  updater: async (parts) => updateProducts({ ...parts, seedRows: await readSeedRows(SEED_FILE) }),
});
