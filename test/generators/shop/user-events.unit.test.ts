import fc from 'fast-check';
import { catalogues } from './catalogues.js';
import { tell } from './story.js';

describe('searches', () => {
  it('ask for what the shop has, and say how many products match', () =>
    fc.assert(
      fc.asyncProperty(catalogues, fc.string(), async (catalogue, seed) => {
        const { users } = await tell(catalogue, seed, 2);
        for (const event of users) {
          if (event.type !== 'search') continue;
          const matching = catalogue.products.filter(({ name, category, brand }) =>
            [name, category, brand].some((text) => text.toLowerCase().includes(event.query)),
          );
          expect(event.results).toBe(matching.length);
          expect(event.results).toBeGreaterThan(0);
        }
      }),
      { numRuns: 30 },
    ));
});

it('a search looks into name, category and brand apart', async () => {
  const product = { brand: 'Stride', price: 1, stock: 1 };
  const products = [
    { ...product, product_id: 'P001', name: 'Sun', category: 'Day' },
    { ...product, product_id: 'P002', name: 'Sunday', category: 'Home' },
  ];
  const [user] = fc.sample(catalogues, { numRuns: 1, seed: 1 })[0]?.users ?? [];
  const { users } = await tell({ products, users: user === undefined ? [] : [user] }, 'a', 5);
  const results = new Set(users.flatMap((event) => (event.type === 'search' && event.query === 'sunday' ? [event.results] : [])));
  expect(results).toEqual(new Set([1]));
});
