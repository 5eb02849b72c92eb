import fc from 'fast-check';
import { timestampWriter } from '../../../src/generators/shop/events/timestamp.js';
import { START_MICROS } from '../first-events.js';
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

describe('timestamps', () => {
  it('are UTC with six digits and Z, in the order of the clock', async () => {
    const write = timestampWriter();
    expect(write(START_MICROS)).toBe('2025-12-20T11:45:25.964046Z');
    expect(write(START_MICROS + 35_953)).toBe('2025-12-20T11:45:25.999999Z');
    expect(write(START_MICROS + 35_954)).toBe('2025-12-20T11:45:26.000000Z');
    expect(write(START_MICROS + 35_955)).toBe('2025-12-20T11:45:26.000001Z');
    expect(write(START_MICROS)).toBe('2025-12-20T11:45:25.964046Z');
    expect(write(0)).toBe('1970-01-01T00:00:00.000000Z');
  });

  it('are right at any time', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), { minLength: 1 }), (times) => {
        const write = timestampWriter();
        for (const micros of times) {
          const text = write(micros);
          expect(BigInt(Date.parse(`${text.slice(0, 19)}Z`)) * 1000n + BigInt(text.slice(20, 26))).toBe(BigInt(micros));
        }
      }),
    ));
});
