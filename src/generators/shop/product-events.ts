import type { ProductEvent } from './events/product-event.js';
import { type EventOf, shopSource } from './source.js';

const eventOf: EventOf<ProductEvent> = (step, now) => {
  if (step.type !== 'view' && step.type !== 'add_to_cart' && step.type !== 'remove_from_cart') return undefined;
  const { session, product } = step;
  const { user_id, region, customer_type } = session.shopper.user;
  const { product_id, name, category, price } = product;
  const where = { region, customer_type, session_id: session.id, timestamp: now() };
  return step.type === 'view'
    ? { type: step.type, user_id, product_id, product_name: name, category, price, ...where }
    : { type: step.type, user_id, product_id, product_name: name, category, price, quantity: step.quantity, ...where };
};

/** Views of products, and what goes into carts and out of them. */
export const productEvents = shopSource<ProductEvent>(
  { name: 'product-events', eventsPerSecond: 4 / 3, count: 40 },
  () => eventOf,
);
