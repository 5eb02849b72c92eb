import { z } from 'zod';

const MAX_AMOUNT = 99_999_999.99;

/** No other number is nearer to that many cents: the amount, as it is printed, has at most two decimals. */
const hasWholeCents = (amount: number): boolean => Math.round(amount * 100) / 100 === amount;

/** An order whose payment was accepted. */
export const order = z.compile(
  z.strictObject({
    type: z.literal('ORDER'),
    order_id: z.string().regex(/^ORD-\d{4,12}$/, 'must be ORD- and a number of four digits or more'),
    amount: z.number().positive().max(MAX_AMOUNT).refine(hasWholeCents, 'must have at most two decimals'),
    status: z.literal('VALIDATED'),
  }),
);

export type Order = Readonly<z.infer<typeof order>>;

/**
 * The amount of an order in cents, exactly: sums of these are right, sums of amounts are not.
 * @throws RangeError for a number that is no amount
 */
export const centsOf = (amount: number): bigint => {
  if (!hasWholeCents(amount) || Math.abs(amount) > MAX_AMOUNT) throw new RangeError(`${amount} is not an amount in whole cents`);
  return BigInt(Math.round(amount * 100));
};
