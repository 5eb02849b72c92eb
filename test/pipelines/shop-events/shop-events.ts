import fc from 'fast-check';
import { countEvent, emptyMetrics, type Metrics, type ShopEvent } from '../../../src/pipelines/shop-events/metrics.js';

const where = {
  user_id: fc.constantFrom('U001', 'U002'),
  region: fc.constantFrom('North', 'South', 'East', 'West'),
  customer_type: fc.constantFrom('Regular', 'Premium', 'VIP'),
  session_id: fc.constant('S-1'),
  timestamp: fc.constant('2026-11-21T01:22:33.123456Z'),
} as const;

const ofProduct = (ids: fc.Arbitrary<string>) =>
  ({
    product_id: ids,
    product_name: fc.constantFrom('Kettle', 'Lamp'),
    category: fc.constant('Home'),
    price: fc.constant(2.5),
  }) as const;

/** Any events of products of which there are some: few make ties, many fill the top lists. */
export const shopEvent = (products: number): fc.Arbitrary<ShopEvent> => {
  const product = ofProduct(fc.integer({ min: 1, max: products }).map((at) => `P${String(at).padStart(3, '0')}`));
  return fc.oneof(
    fc.record({ type: fc.constant('view'), ...product, ...where }),
    fc.record({ type: fc.constantFrom('add_to_cart', 'remove_from_cart'), ...product, quantity: fc.constant(2), ...where }),
    fc.record({
      type: fc.constant('purchase'),
      ...product,
      quantity: fc.constant(2),
      total: fc.constant(5),
      payment_method: fc.constant('paypal'),
      ...where,
    }),
    fc.record({ type: fc.constantFrom('login', 'logout'), ...where }),
    fc.record({ type: fc.constant('search'), query: fc.constant('kettle'), results: fc.constant(1), ...where }),
    fc.record({ type: fc.constant('profile_update'), field: fc.constant('email'), ...where }),
  ) as fc.Arbitrary<ShopEvent>;
};

export const shopEvents = (products: number, maxLength = 300) => fc.array(shopEvent(products), { maxLength, size: 'max' });

/** A view, an adding or a purchase of one product, from the same customer. */
export const of = (type: 'view' | 'add_to_cart' | 'purchase', product_id: string, product_name = 'Kettle'): ShopEvent =>
  ({
    type,
    product_id,
    product_name,
    user_id: 'U001',
    category: 'Home',
    price: 2.5,
    region: 'West',
    customer_type: 'VIP',
    session_id: 'S-1',
    timestamp: '2026-11-21T01:22:33.123456Z',
    ...(type === 'view' ? {} : { quantity: 2 }),
    ...(type === 'purchase' ? { total: 5, payment_method: 'paypal' } : {}),
  }) as ShopEvent;

/** The metrics of some events. */
export const counted = (events: Iterable<ShopEvent>): Metrics => {
  const metrics = emptyMetrics();
  for (const event of events) countEvent(metrics, event);
  return metrics;
};
