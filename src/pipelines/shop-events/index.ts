import { json } from '../../adapters/json/check.js';
import type { Colour } from '../../core/output.js';
import { definePipeline, feed, worker } from '../../core/pipeline.js';
import type { Topic } from '../../core/topic.js';
import { type ProductEvent, productEvent } from '../../generators/shop/events/product-event.js';
import { type Purchase, purchase } from '../../generators/shop/events/purchase.js';
import { type UserEvent, userEvent } from '../../generators/shop/events/user-event.js';
import { productEvents } from '../../generators/shop/product-events.js';
import { purchases } from '../../generators/shop/purchases.js';
import { userEvents } from '../../generators/shop/user-events.js';
import { consoleLines } from '../../sinks/console/index.js';
import { snapshot } from '../../sinks/snapshot/index.js';
import { eventLine } from './event-line.js';
import type { ShopEvent } from './metrics.js';
import { metricsNumbers } from './metrics-numbers.js';

const PARTITIONS = 3;

const productTopic: Topic<ProductEvent> = {
  name: 'product-events',
  partitions: PARTITIONS,
  format: json(productEvent),
  key: ({ user_id }) => user_id,
};

const purchaseTopic: Topic<Purchase> = {
  name: 'purchases',
  partitions: PARTITIONS,
  format: json(purchase),
  key: ({ user_id }) => user_id,
};

const userTopic: Topic<UserEvent> = {
  name: 'user-events',
  partitions: PARTITIONS,
  format: json(userEvent),
  key: ({ user_id }) => user_id,
};

const USER_EVENTS: ReadonlySet<string> = new Set(['login', 'logout', 'search', 'profile_update']);

/** One colour a topic, whatever the topics are called. */
const colourOf = ({ type }: ShopEvent): Colour => (type === 'purchase' ? 'green' : USER_EVENTS.has(type) ? 'magenta' : 'cyan');

const from: readonly Topic<ShopEvent>[] = [productTopic, purchaseTopic, userTopic];

export default definePipeline({
  summary: 'what shoppers do -> three topics -> every event on the console, and metrics of their behaviour',
  feeds: [feed(productEvents, productTopic), feed(purchases, purchaseTopic), feed(userEvents, userTopic)],
  workers: [
    worker<ShopEvent, ShopEvent>('all-events', {
      from,
      transform: (event) => [event],
      sink: consoleLines<ShopEvent>({ line: (event, { topic }) => `${topic}  ${eventLine(event)}`, colour: colourOf }),
    }),
    worker<ShopEvent, ShopEvent>('metrics', { from, transform: (event) => [event], sink: snapshot(metricsNumbers) }),
  ],
});
