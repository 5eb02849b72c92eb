import type { GeneratorParts, GeneratorSource } from '../../core/pipeline.js';
import { between, oneOf, type Random, seededRandom } from '../../core/random.js';
import type { Order } from './event.js';

const FIRST_ORDER = 1001;
const PRICES_IN_CENTS = [
  299, 450, 695, 899, 995, 1249, 1490, 1999, 2450, 2995, 3490, 4599, 5990, 7925, 8999, 12900, 24950, 49900,
];
const DELIVERY_IN_CENTS = 490;
/** From here on delivery is free. */
const LARGE_ORDER_IN_CENTS = 5_000;

/** One to four lines, mostly of one piece each. */
const orderInCents = (random: Random): number => {
  let cents = 0;
  for (let lines = between(random, 1, 4); lines > 0; lines--) {
    const pieces = random() < 0.75 ? 1 : between(random, 2, 3);
    cents += oneOf(random, PRICES_IN_CENTS) * pieces;
  }
  return cents < LARGE_ORDER_IN_CENTS ? cents + DELIVERY_IN_CENTS : cents;
};

function* validated({ seed }: GeneratorParts): Generator<Order, never> {
  const random = seededRandom(`${seed}/orders`);
  for (let number = FIRST_ORDER; ; number++) {
    yield { type: 'ORDER', order_id: `ORD-${number}`, amount: orderInCents(random) / 100, status: 'VALIDATED' };
  }
}

/** Orders of a shop in the moment when they are validated, numbered anew in each run. */
export const orders: GeneratorSource<Order> = {
  kind: 'generator',
  name: 'orders',
  eventsPerSecond: 0.5,
  open: async (parts) => validated(parts),
};
