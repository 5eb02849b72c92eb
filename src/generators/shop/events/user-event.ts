import { z } from 'zod';
import { userId, whoAndWhen } from './fields.js';

export const PROFILE_FIELDS = ['email', 'phone', 'address', 'password', 'interests', 'newsletter'] as const;

export const profileField = z.enum(PROFILE_FIELDS);
export type ProfileField = z.infer<typeof profileField>;

/** What people do besides shopping. `results` is how many products match the query; `field` is what was changed. */
export const userEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('login'), user_id: userId, ...whoAndWhen }),
  z.strictObject({ type: z.literal('logout'), user_id: userId, ...whoAndWhen }),
  z.strictObject({
    type: z.literal('search'),
    user_id: userId,
    query: z.string().min(1).max(100),
    results: z.int().min(0),
    ...whoAndWhen,
  }),
  z.strictObject({ type: z.literal('profile_update'), user_id: userId, field: profileField, ...whoAndWhen }),
]);

export type UserEvent = Readonly<z.infer<typeof userEvent>>;
