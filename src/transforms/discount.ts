import { type Decimal, lessPercent } from '../core/decimal.js';
import type { Transform } from '../core/transform.js';

export type Priced = Readonly<{ category: string; price: Decimal }>;

export type Discounted<T> = T & Readonly<{ discount_price: Decimal }>;

/**
 * Adds `discount_price` right after `price`: the price less `percent` for one category, the price itself for all others.
 * Exact decimal arithmetic at the price's own scale, half-up.
 */
export const discount =
  <T extends Priced>({ category, percent }: Readonly<{ category: string; percent: number }>): Transform<T, Discounted<T>> =>
  (value) => {
    const result: Record<string, unknown> = {};
    for (const field of Object.keys(value)) {
      // An assignment would lose a column named __proto__.
      if (field === '__proto__') Object.defineProperty(result, field, { ...Object.getOwnPropertyDescriptor(value, field) });
      else result[field] = value[field as keyof T];
      if (field === 'price')
        result.discount_price = value.category === category ? lessPercent(value.price, percent) : value.price;
    }
    return [result as Discounted<T>];
  };
