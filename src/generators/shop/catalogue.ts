import { join } from 'node:path';
import { z } from 'zod';
import { readDataFile } from '../../adapters/files/data-file.js';
import { customerType, MOST_STOCK, price, productId, region, shortText, userId } from './events/fields.js';

const PRODUCTS = `a list of { "product_id": "P011", "name": "Copper Kettle", "category": "Home", "price": 37.95, "brand": "Hearth & Co", "stock": 50 } with different ids, at least one of them in stock`;

const USERS = `a list of { "user_id": "U009", "name": "Ines Carvalho", "email": "ines@example.com", "region": "South", "customer_type": "Premium", "age": 33, "interests": ["Sports"] } with different ids; regions are North, South, East, West and customer types Regular, Premium, VIP`;

const product = z.strictObject({
  product_id: productId,
  name: shortText,
  category: shortText,
  price,
  brand: shortText,
  stock: z.int().min(0).max(MOST_STOCK),
});

const user = z.strictObject({
  user_id: userId,
  name: shortText,
  email: z.email().max(200),
  region,
  customer_type: customerType,
  age: z.int().min(1).max(150),
  interests: z.array(shortText).max(50),
});

export type Product = Readonly<z.infer<typeof product>>;
export type User = Readonly<Omit<z.infer<typeof user>, 'interests'> & { interests: readonly string[] }>;

/** What the shop sells and to whom. */
export type Catalogue = Readonly<{ products: readonly Product[]; users: readonly User[] }>;

const twice = (ids: readonly string[]): string | undefined => {
  const seen = new Set<string>();
  return ids.find((id) => seen.size === seen.add(id).size);
};

/** A list of at least one, with different ids; a repeated id is named. */
const listOf = <T>(item: z.ZodType<T>, idOf: (one: T) => string) =>
  z
    .array(item)
    .min(1, 'holds nothing')
    .check(({ value, issues }) => {
      const id = twice(value.map(idOf));
      if (id !== undefined) issues.push({ code: 'custom', message: `has ${id} twice`, input: value });
    });

const products = listOf(product, ({ product_id }) => product_id).refine(
  (list) => list.some(({ stock }) => stock > 0),
  'has no product in stock',
);
const users = listOf(user, ({ user_id }) => user_id);

/**
 * Reads `products.json` and `users.json` of a folder.
 * @throws BridgeError `configuration` with the path, the first fault and what is expected
 */
export const readCatalogue = async (folder: string): Promise<Catalogue> => ({
  products: await readDataFile(join(folder, 'products.json'), products, PRODUCTS),
  users: await readDataFile(join(folder, 'users.json'), users, USERS),
});
