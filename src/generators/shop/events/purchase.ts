import { z } from 'zod';
import { productFields, quantity, totalOf, userId, whoAndWhen } from './fields.js';

export const PAYMENT_METHODS = ['credit_card', 'debit_card', 'paypal', 'bank_transfer', 'gift_card'] as const;

export const paymentMethod = z.enum(PAYMENT_METHODS);
export type PaymentMethod = z.infer<typeof paymentMethod>;

/** One product bought from the cart. `total` is price x quantity, exact to the cent. */
export const purchase = z
  .strictObject({
    type: z.literal('purchase'),
    user_id: userId,
    ...productFields,
    quantity,
    total: z.number().positive(),
    payment_method: paymentMethod,
    ...whoAndWhen,
  })
  .refine((event) => event.total === totalOf(event.price, event.quantity), {
    path: ['total'],
    error: 'must be price x quantity',
  });

export type Purchase = Readonly<z.infer<typeof purchase>>;
