import fc from 'fast-check';
import { productEvent } from '../../../src/generators/shop/events/product-event.js';
import { purchase } from '../../../src/generators/shop/events/purchase.js';
import { userEvent } from '../../../src/generators/shop/events/user-event.js';
import { catalogues } from './catalogues.js';
import { faultsOf } from './replay.js';
import { inTime, type Told, tell } from './story.js';

const anyStory = (check: (told: Told, catalogue: Parameters<typeof faultsOf>[0]) => void | Promise<void>, numRuns = 60) =>
  fc.assert(
    fc.asyncProperty(catalogues, fc.string(), fc.integer({ min: 1, max: 12 }), async (catalogue, seed, rounds) =>
      check(await tell(catalogue, seed, rounds), catalogue),
    ),
    { numRuns },
  );

const without = ({ products, bought, users }: Told) =>
  [products, bought, users].map((events) => events.map(({ timestamp, ...rest }: { timestamp: string }) => rest));

describe('the story that three producers tell', () => {
  it('is believable: visits, carts, stock and totals', () =>
    anyStory((told, catalogue) => expect(faultsOf(catalogue, inTime(told))).toEqual([])));

  it('has events of the types that are checked on the way', () =>
    anyStory((told) => {
      for (const event of told.products) expect(productEvent.parse(event)).toEqual(event);
      for (const event of told.bought) expect(purchase.parse(event)).toEqual(event);
      for (const event of told.users) expect(userEvent.parse(event)).toEqual(event);
    }, 20));

  it('buys what was added at least one product event earlier', () =>
    anyStory(({ products, bought }) => {
      const taken = new Map<string, number>();
      for (const [at, { session_id, product_id, quantity }] of bought.entries()) {
        const n = at + 1;
        const key = `${session_id} ${product_id}`;
        taken.set(key, (taken.get(key) ?? 0) + quantity);
        // The first purchase and the first product event come at one moment.
        const bound = n === 1 ? 1 : Math.floor(Math.min((40 / 15) * n - 1, (2000 * (n - 1)) / 750));
        const added = products
          .slice(0, bound)
          .filter((event) => event.session_id === session_id && event.product_id === product_id && event.type === 'add_to_cart')
          .reduce((sum, event) => sum + (event.type === 'view' ? 0 : event.quantity), 0);
        expect(added).toBeGreaterThanOrEqual(taken.get(key) as number);
      }
    }));

  it('begins each visit with a login a user event earlier than anything elsewhere; only the first user acts at once', () =>
    anyStory((told) => {
      const moments = inTime(told);
      const first = told.users[0];
      expect(first?.type).toBe('login');
      const logins = new Map(moments.filter(({ event }) => event.type === 'login').map((one) => [one.event.session_id, one]));
      for (const { atMs, topic, event } of moments) {
        const login = logins.get(event.session_id);
        expect(login?.event.user_id).toBe(event.user_id);
        if (topic === 'users' || event.session_id === first?.session_id) continue;
        expect(atMs).toBeGreaterThanOrEqual((login?.atMs as number) + 1000);
      }
    }));

  it('is the same for the same seed, but for the times', () =>
    fc.assert(
      fc.asyncProperty(catalogues, fc.string(), async (catalogue, seed) => {
        const long = await tell(catalogue, seed, 2);
        const short = { products: long.products.slice(0, 40), bought: long.bought.slice(0, 15), users: long.users.slice(0, 30) };
        expect(without(await tell(catalogue, seed))).toEqual(without(short));
      }),
      { numRuns: 15 },
    ));
});
