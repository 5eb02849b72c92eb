import { between, oneOf, type Random } from '../../../core/random.js';
import type { Catalogue, Product, User } from '../catalogue.js';
import type { CustomerType } from '../events/fields.js';

/** A user and what steers him: interests say what he looks at, customer type and age how often he comes and how much he takes. */
export type Shopper = Readonly<{
  user: User;
  /** For each interest that the shop serves, its products. */
  liked: readonly (readonly Product[])[];
  /** How often he comes, against the others. */
  visits: number;
  mostQuantity: number;
}>;

const VISITS: Readonly<Record<CustomerType, number>> = { Regular: 1, Premium: 2, VIP: 3 };
const MOST_QUANTITY: Readonly<Record<CustomerType, number>> = { Regular: 2, Premium: 3, VIP: 5 };
const YOUNG = 30;
/** The highest `visits` of anybody. */
export const MOST_VISITS = VISITS.VIP + 1;

const LOOKS_BY_INTEREST = 0.8;
const TAKES_ONE = 0.6;

/** Interests and categories are the same whatever their case. */
const byCategory = (products: readonly Product[]): ReadonlyMap<string, readonly Product[]> => {
  const found = new Map<string, Product[]>();
  for (const product of products) {
    const category = product.category.toLowerCase();
    const others = found.get(category);
    if (others === undefined) found.set(category, [product]);
    else others.push(product);
  }
  return found;
};

export const shoppersOf = ({ products, users }: Catalogue): Shopper[] => {
  const categories = byCategory(products);
  return users.map((user) => ({
    user,
    liked: user.interests.flatMap((interest) => {
      const liked = categories.get(interest.toLowerCase());
      return liked === undefined ? [] : [liked];
    }),
    visits: VISITS[user.customer_type] + (user.age < YOUNG ? 1 : 0),
    mostQuantity: MOST_QUANTITY[user.customer_type],
  }));
};

/** A product that a shopper looks at: mostly one of his interests, where the shop has any. */
export const productFor = (random: Random, { liked }: Shopper, products: readonly Product[]): Product =>
  liked.length > 0 && random() < LOOKS_BY_INTEREST ? oneOf(random, oneOf(random, liked)) : oneOf(random, products);

/** How many a shopper takes of a product: often one, never more than there are. */
export const quantityFor = (random: Random, { mostQuantity }: Shopper, { stock }: Product): number =>
  random() < TAKES_ONE ? 1 : between(random, 1, Math.min(mostQuantity, stock));
