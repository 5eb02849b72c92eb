import { join } from 'node:path';
import fc from 'fast-check';
import { type Catalogue, readCatalogue } from '../../../src/generators/shop/catalogue.js';
import { simulate } from '../../../src/generators/shop/simulation/simulate.js';
import { DATA } from '../first-events.js';
import { catalogues } from './catalogues.js';
import { inTime, tell } from './story.js';

const topicOf = (type: string): 'products' | 'bought' | 'users' =>
  type === 'purchase' ? 'bought' : ['view', 'add_to_cart', 'remove_from_cart'].includes(type) ? 'products' : 'users';

const steps = (catalogue: Catalogue, seed: string, count: number) => {
  const next = simulate(catalogue, seed);
  return Array.from({ length: count }, () => {
    const step = next();
    const { user } = step.session.shopper;
    return { ...step, session: step.session.id, user, topic: topicOf(step.type) };
  });
};

describe('simulate', () => {
  it('keeps to 40 product events : 15 purchases : 30 user events at every moment', () =>
    fc.assert(
      fc.property(catalogues, fc.string(), (catalogue, seed) => {
        const counts = { products: 0, bought: 0, users: 0 };
        for (const [at, { topic }] of steps(catalogue, seed, 600).entries()) {
          counts[topic] += 1;
          const parts = (at + 1) / 85;
          expect(Math.abs(counts.products - 40 * parts)).toBeLessThan(1.5);
          expect(Math.abs(counts.bought - 15 * parts)).toBeLessThan(1.5);
          expect(Math.abs(counts.users - 30 * parts)).toBeLessThan(1.5);
        }
      }),
      { numRuns: 20 },
    ));

  it('tells its steps in the order in which three producers publish them', () =>
    fc.assert(
      fc.asyncProperty(catalogues, fc.string(), async (catalogue, seed) => {
        const published = inTime(await tell(catalogue, seed, 4)).map(({ topic, event }) => [topic, event.type, event.session_id]);
        const told = steps(catalogue, seed, 300).map(({ topic, type, session }) => [topic, type, session]);
        expect(published.slice(0, 300)).toEqual(told);
      }),
      { numRuns: 20 },
    ));

  it('does not know of other copies, and differs from seed to seed', async () => {
    const catalogue = await readCatalogue(join(DATA, 'shop-events'));
    const expected = steps(catalogue, 'a', 500);
    const [one, other] = [simulate(catalogue, 'a'), simulate(catalogue, 'a')];
    const mixed = Array.from({ length: 500 }, (_, at) => {
      for (let ahead = 0; ahead < at % 4; ahead += 1) other();
      return one().type;
    });
    expect(mixed).toEqual(expected.map(({ type }) => type));
    expect(steps(catalogue, 'b', 500)).not.toEqual(expected);
  });
});

describe('the shop that is shipped', () => {
  let catalogue: Catalogue;
  let told: ReturnType<typeof steps>;
  beforeAll(async () => {
    catalogue = await readCatalogue(join(DATA, 'shop-events'));
    told = steps(catalogue, 'people', 40_000);
  });

  it('has at least 10 products and 8 users', () => {
    expect(catalogue.products.length).toBeGreaterThanOrEqual(10);
    expect(catalogue.users.length).toBeGreaterThanOrEqual(8);
  });

  it('sells everything, to everybody, in every way', () => {
    const types = ['view', 'add_to_cart', 'remove_from_cart', 'purchase', 'login', 'logout', 'search', 'profile_update'];
    expect([...new Set(told.map(({ type }) => type))].sort()).toEqual(types.sort());
    const bought = told.flatMap((step) => (step.type === 'purchase' ? [step] : []));
    expect(new Set(bought.map(({ product }) => product)).size).toBe(catalogue.products.length);
    expect(new Set(bought.map(({ user }) => user)).size).toBe(catalogue.users.length);
  });

  it('has several people in it at once', () => {
    const here = new Set<string>();
    let most = 0;
    for (const { type, session } of told) {
      if (type === 'login') here.add(session);
      if (type === 'logout') here.delete(session);
      most = Math.max(most, here.size);
    }
    expect(most).toBeGreaterThanOrEqual(5);
  });

  it('shows people mostly what they are interested in', () => {
    const views = told.flatMap((step) => (step.type === 'view' ? [step] : []));
    const liked = views.filter(({ user, product }) => user.interests.includes(product.category));
    expect(liked.length / views.length).toBeGreaterThan(0.7);
  });

  it('sees customers of a higher type more often, and sells them more at once', () => {
    const visits = (type: string) =>
      told.filter((step) => step.type === 'login' && step.user.customer_type === type).length /
      catalogue.users.filter(({ customer_type }) => customer_type === type).length;
    expect(visits('VIP')).toBeGreaterThan(visits('Premium') * 1.1);
    expect(visits('Premium')).toBeGreaterThan(visits('Regular') * 1.1);
    const most = (type: string) =>
      Math.max(...told.flatMap((step) => (step.type === 'purchase' && step.user.customer_type === type ? [step.quantity] : [])));
    expect([most('Regular'), most('Premium'), most('VIP')]).toEqual([2, 3, 5]);
  });

  it('sees the young more often than others of their type', () => {
    const visits = (young: boolean) => {
      const of = catalogue.users.filter(({ age, customer_type }) => customer_type === 'Regular' && age < 30 === young);
      return told.filter(({ type, user }) => type === 'login' && of.includes(user)).length / of.length;
    };
    expect(visits(true)).toBeGreaterThan(visits(false) * 1.2);
  });
});
