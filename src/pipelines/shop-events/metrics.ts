import { CUSTOMER_TYPES, type CustomerType, REGIONS, type Region } from '../../generators/shop/events/fields.js';
import type { ProductEvent } from '../../generators/shop/events/product-event.js';
import type { Purchase } from '../../generators/shop/events/purchase.js';
import type { UserEvent } from '../../generators/shop/events/user-event.js';

/** Any event of the three topics. */
export type ShopEvent = ProductEvent | Purchase | UserEvent;
export type EventType = ShopEvent['type'];

export const EVENT_TYPES = [
  'view',
  'add_to_cart',
  'remove_from_cart',
  'purchase',
  'login',
  'logout',
  'search',
  'profile_update',
] as const satisfies readonly EventType[];

export type Counts = { viewed: number; added_to_cart: number; purchased: number };

/** How many events there were of a product. `name` is its name in the latest of them. */
export type ProductCounts = Counts & { readonly product_id: string; name: string };

/** The behaviour of all shoppers in numbers of events, in bounded memory. */
export type Metrics = {
  events: number;
  readonly byType: Record<EventType, number>;
  readonly byRegion: Record<Region, number>;
  readonly byCustomerType: Record<CustomerType, number>;
  readonly products: Map<string, ProductCounts>;
  /** All products that came when as many as can be kept apart were known. */
  readonly others: Counts;
};

/** So many products are kept apart. */
export const MOST_PRODUCTS = 10_000;
export const OTHER_PRODUCTS = 'other products';

const zeroes = <Name extends string>(names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;

export const emptyMetrics = (): Metrics => ({
  events: 0,
  byType: zeroes(EVENT_TYPES),
  byRegion: zeroes(REGIONS),
  byCustomerType: zeroes(CUSTOMER_TYPES),
  products: new Map(),
  others: { viewed: 0, added_to_cart: 0, purchased: 0 },
});

const countsOf = ({ products, others }: Metrics, { product_id, product_name }: ProductEvent | Purchase): Counts => {
  const known = products.get(product_id);
  if (known !== undefined) {
    known.name = product_name;
    return known;
  }
  if (products.size >= MOST_PRODUCTS) return others;
  const counts: ProductCounts = { product_id, name: product_name, viewed: 0, added_to_cart: 0, purchased: 0 };
  products.set(product_id, counts);
  return counts;
};

/** Counts one event into the metrics. */
export const countEvent = (metrics: Metrics, event: ShopEvent): void => {
  metrics.events += 1;
  metrics.byType[event.type] += 1;
  metrics.byRegion[event.region] += 1;
  metrics.byCustomerType[event.customer_type] += 1;
  if (event.type === 'view') countsOf(metrics, event).viewed += 1;
  else if (event.type === 'add_to_cart') countsOf(metrics, event).added_to_cart += 1;
  else if (event.type === 'purchase') countsOf(metrics, event).purchased += 1;
};
