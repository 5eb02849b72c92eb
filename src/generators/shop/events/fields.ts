import { z } from 'zod';

export const REGIONS = ['North', 'South', 'East', 'West'] as const;
export const CUSTOMER_TYPES = ['Regular', 'Premium', 'VIP'] as const;

export const region = z.enum(REGIONS);
export const customerType = z.enum(CUSTOMER_TYPES);
export type Region = z.infer<typeof region>;
export type CustomerType = z.infer<typeof customerType>;

export const productId = z.string().regex(/^P\d{3,9}$/, 'must be P and at least three digits, such as P011');
export const userId = z.string().regex(/^U\d{3,9}$/, 'must be U and at least three digits, such as U009');
export const shortText = z.string().min(1).max(100);

/** Money is a number of cents written with a point; up to here a number holds it exactly. */
const exactCents = (amount: number): boolean => Math.round(amount * 100) / 100 === amount;

export const MOST_PRICE = 1_000_000;
export const MOST_STOCK = 1_000_000;

export const price = z.number().positive().max(MOST_PRICE).refine(exactCents, 'must have at most two decimals');
export const quantity = z.int().min(1).max(MOST_STOCK);

/** price x quantity, in whole cents. */
export const totalOf = (one: number, count: number): number => (Math.round(one * 100) * count) / 100;

/** Who did it, where and when: part of every event. */
export const whoAndWhen = {
  region,
  customer_type: customerType,
  session_id: shortText,
  timestamp: z.iso.datetime({ precision: 6, error: 'must be UTC such as 2026-11-21T01:22:33.123456Z' }),
};

/** The product of an event, as it was at that moment. */
export const productFields = { product_id: productId, product_name: shortText, category: shortText, price };
