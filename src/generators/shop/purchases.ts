import { totalOf } from './events/fields.js';
import type { Purchase } from './events/purchase.js';
import { type EventOf, shopSource } from './source.js';

const eventOf: EventOf<Purchase> = (step, now) => {
  if (step.type !== 'purchase') return undefined;
  const { session, product, quantity } = step;
  const { user_id, region, customer_type } = session.shopper.user;
  return {
    type: 'purchase',
    user_id,
    product_id: product.product_id,
    product_name: product.name,
    category: product.category,
    price: product.price,
    quantity,
    total: totalOf(product.price, quantity),
    payment_method: session.paymentMethod,
    region,
    customer_type,
    session_id: session.id,
    timestamp: now(),
  };
};

/** What is bought, always out of a cart that the product events have filled. */
export const purchases = shopSource<Purchase>({ name: 'purchases', eventsPerSecond: 1 / 2, count: 15 }, () => eventOf);
