import fc from 'fast-check';
import type { Catalogue, Product, User } from '../../../src/generators/shop/catalogue.js';

const CATEGORIES = ['Home', 'Sports', 'Books', 'Toys', 'Bücher & Co'];

const product: fc.Arbitrary<Omit<Product, 'product_id'>> = fc.record({
  name: fc.constantFrom('Kettle', 'Rain Jacket', 'Atlas', 'Straße', 'Ball', 'Lamp 2"'),
  category: fc.constantFrom(...CATEGORIES),
  price: fc.integer({ min: 1, max: 100_000_000 }).map((cents) => cents / 100),
  brand: fc.constantFrom('Stride', 'Hearth & Co', 'Ball'),
  stock: fc.integer({ min: 0, max: 6 }),
});

const user: fc.Arbitrary<Omit<User, 'user_id'>> = fc.record({
  name: fc.constantFrom('Ines', "Grace O'Neill", '李雷'),
  email: fc.constant('somebody@example.com'),
  region: fc.constantFrom('North', 'South', 'East', 'West'),
  customer_type: fc.constantFrom('Regular', 'Premium', 'VIP'),
  age: fc.integer({ min: 1, max: 150 }),
  interests: fc.array(fc.constantFrom(...CATEGORIES, 'sports', 'Something else'), { maxLength: 3 }),
});

const number = (at: number): string => String(at + 1).padStart(3, '0');

/** Shops of any size from one product and one user on, with something in stock. */
export const catalogues: fc.Arbitrary<Catalogue> = fc
  .record({
    products: fc.array(product, { minLength: 1, maxLength: 30 }),
    users: fc.array(user, { minLength: 1, maxLength: 20 }),
    inStock: fc.nat(),
  })
  .map(({ products, users, inStock }) => ({
    products: products.map((one, at) => ({
      ...one,
      product_id: `P${number(at)}`,
      stock: at === inStock % products.length ? one.stock + 1 : one.stock,
    })),
    users: users.map((one, at) => ({ ...one, user_id: `U${number(at)}` })),
  }));
