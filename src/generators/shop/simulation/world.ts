import type { Random } from '../../../core/random.js';
import type { Catalogue, Product } from '../catalogue.js';
import type { PaymentMethod } from '../events/purchase.js';
import type { ProfileField } from '../events/user-event.js';
import { productFor, type Shopper, shoppersOf } from './shopper.js';

/** One product in a cart. `since` is the number of the product event that put it there. */
export type Line = { readonly product: Product; readonly since: number; quantity: number };

/** A visit, from login to logout. What is in the cart at the logout is left behind. */
export type Session = {
  readonly id: string;
  readonly shopper: Shopper;
  readonly paymentMethod: PaymentMethod;
  /** The number of the user event that was its login. */
  readonly since: number;
  /** In the order in which they were added, a product at most once. */
  readonly cart: Line[];
  /** Found by the last search and not yet looked at. */
  found: Product | undefined;
  /** Looked at last, and not put into the cart since. */
  viewed: Product | undefined;
  bought: Product | undefined;
};

/** What happened: as little as is needed to make the event of it. */
export type Step = Readonly<
  { session: Session } & (
    | { type: 'view'; product: Product }
    | { type: 'add_to_cart' | 'remove_from_cart' | 'purchase'; product: Product; quantity: number }
    | { type: 'login' | 'logout' }
    | { type: 'search'; query: string }
    | { type: 'profile_update'; field: ProfileField }
  )
>;

/** The shop at one moment. */
export type World = {
  readonly random: Random;
  /** Tells the session ids of different seeds apart. */
  readonly name: string;
  readonly products: readonly Product[];
  readonly inStock: readonly Product[];
  readonly away: Shopper[];
  readonly online: Session[];
  sessions: number;
  productEvents: number;
  userEvents: number;
  /** Lines in all carts. */
  lines: number;
};

export const worldOf = (catalogue: Catalogue, random: Random): World => ({
  random,
  name: Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0'),
  products: catalogue.products,
  inStock: catalogue.products.filter(({ stock }) => stock > 0),
  away: shoppersOf(catalogue),
  online: [],
  sessions: 0,
  productEvents: 0,
  userEvents: 0,
  lines: 0,
});

/** Whether a session may do more than user events: its login is at least one user event old. */
export const isSettled = ({ userEvents }: World, { since }: Session): boolean => since < userEvents;

/** A random session that fits; undefined when none does. */
export const anySession = ({ random, online }: World, fits: (session: Session) => boolean): Session | undefined => {
  const start = Math.floor(random() * online.length);
  for (let step = 0; step < online.length; step += 1) {
    const session = online[(start + step) % online.length] as Session;
    if (fits(session)) return session;
  }
  return undefined;
};

const DRAWS = 3;

/** A product to look at: rather none that he has just looked at or bought, or that lies in his cart. */
export const nextProduct = ({ random, products }: World, { shopper, cart, viewed, bought }: Session): Product => {
  for (let drawn = 1; ; drawn += 1) {
    const product = productFor(random, shopper, products);
    const stale = product === viewed || product === bought || cart.some((line) => line.product === product);
    if (!stale || drawn === DRAWS) return product;
  }
};

/** Removes an item without keeping the order of the others. */
export const takeOut = <T>(items: T[], at: number): T => {
  const taken = items[at] as T;
  const last = items.pop() as T;
  if (at < items.length) items[at] = last;
  return taken;
};
