import { json } from '../../adapters/json/check.js';
import { definePipeline, feed, worker } from '../../core/pipeline.js';
import type { Topic } from '../../core/topic.js';
import { type Click, click } from '../../generators/clicks/event.js';
import { clicks } from '../../generators/clicks/index.js';
import { type Order, order } from '../../generators/orders/event.js';
import { orders } from '../../generators/orders/index.js';
import { consoleLines } from '../../sinks/console/index.js';
import { snapshot } from '../../sinks/snapshot/index.js';
import { dashboard } from './dashboard.js';
import { inventoryNumbers } from './inventory.js';

const userClicks: Topic<Click> = {
  name: 'clics_utilisateur',
  partitions: 3,
  format: json(click),
  key: ({ user_id }) => user_id,
};

const validatedOrders: Topic<Order> = {
  name: 'commandes_validees',
  partitions: 3,
  format: json(order),
  key: ({ order_id }) => order_id,
};

const analytics = consoleLines<Click | Order>({
  line: (event, { topic }) => `[ANALYTICS] Received from ${topic}: ${JSON.stringify(event)}`,
  colour: ({ type }) => (type === 'CLICK' ? 'cyan' : 'green'),
  summary: dashboard,
});

export default definePipeline({
  summary: 'clicks and orders of a shop -> two topics -> analytics of both on the console, inventory of the orders in a file',
  feeds: [feed(clicks, userClicks), feed(orders, validatedOrders)],
  workers: [
    worker<Click | Order, Click | Order>('analytics', {
      from: [userClicks, validatedOrders],
      transform: (event) => [event],
      sink: analytics,
    }),
    worker('inventory', { from: [validatedOrders], transform: (one) => [one], sink: snapshot(inventoryNumbers) }),
  ],
});
