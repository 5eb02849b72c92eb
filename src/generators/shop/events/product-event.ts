import { z } from 'zod';
import { productFields, quantity, userId, whoAndWhen } from './fields.js';

const view = z.strictObject({ type: z.literal('view'), user_id: userId, ...productFields, ...whoAndWhen });

const cartFields = { user_id: userId, ...productFields, quantity, ...whoAndWhen };

/** What people do with the products of the shop. `quantity` is how many come into the cart or leave it. */
export const productEvent = z.discriminatedUnion('type', [
  view,
  z.strictObject({ type: z.literal('add_to_cart'), ...cartFields }),
  z.strictObject({ type: z.literal('remove_from_cart'), ...cartFields }),
]);

export type ProductEvent = Readonly<z.infer<typeof productEvent>>;
