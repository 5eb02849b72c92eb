import { z } from 'zod';
import { BridgeError } from '../../core/errors.js';
import { CUSTOMER_TYPES, productId, REGIONS, shortText } from '../../generators/shop/events/fields.js';
import { EVENT_TYPES, type Metrics, MOST_PRODUCTS } from './metrics.js';

const count = z.int().min(0);
const counts = { viewed: count, added_to_cart: count, purchased: count };

const fields = z.strictObject({
  events: count,
  by_type: z.record(z.enum(EVENT_TYPES), count),
  by_region: z.record(z.enum(REGIONS), count),
  by_customer_type: z.record(z.enum(CUSTOMER_TYPES), count),
  products: z.record(productId, z.strictObject({ name: shortText, ...counts })),
  other_products: z.strictObject(counts),
});

/** Metrics as they are saved: plain JSON that a person can read. */
export type MetricsJson = z.infer<typeof fields>;

const sum = (counts: readonly number[]): number => counts.reduce((total, one) => total + one, 0);

/** Numbers that were counted together belong together; a file that was changed by hand or cut mostly shows here. */
const agrees = ({ events, by_type, by_region, by_customer_type, products, other_products }: MetricsJson): boolean => {
  const all = [...Object.values(products), other_products];
  return (
    [by_type, by_region, by_customer_type].every((counts) => sum(Object.values(counts)) === events) &&
    sum(all.map(({ viewed }) => viewed)) === by_type.view &&
    sum(all.map(({ added_to_cart }) => added_to_cart)) === by_type.add_to_cart &&
    sum(all.map(({ purchased }) => purchased)) === by_type.purchase
  );
};

const saved = fields
  .refine(({ products }) => Object.keys(products).length <= MOST_PRODUCTS, {
    path: ['products'],
    error: `has more than ${MOST_PRODUCTS}`,
  })
  .refine(agrees, 'its numbers do not add up');

export const toJson = ({ events, byType, byRegion, byCustomerType, products, others }: Metrics): MetricsJson => ({
  events,
  by_type: { ...byType },
  by_region: { ...byRegion },
  by_customer_type: { ...byCustomerType },
  products: Object.fromEntries([...products].map(([id, { product_id, ...named }]) => [id, named])),
  other_products: { ...others },
});

/**
 * Metrics as they were when they were saved; counting goes on as if nothing had happened in between.
 * @throws BridgeError `integrity` naming what is wrong
 */
export const fromJson = (value: unknown): Metrics => {
  const checked = saved.safeParse(value);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new BridgeError({
      code: 'METRICS_DAMAGED',
      kind: 'integrity',
      found: `The saved metrics cannot be read: ${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not as expected'}.`,
      fix: 'Remove them, so that they are counted again from the beginning of the topics.',
      cause: checked.error,
    });
  }
  const { events, by_type, by_region, by_customer_type, products, other_products } = checked.data;
  return {
    events,
    byType: by_type,
    byRegion: by_region,
    byCustomerType: by_customer_type,
    products: new Map(Object.entries(products).map(([product_id, named]) => [product_id, { product_id, ...named }])),
    others: other_products,
  };
};
