import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetricsReport } from '../../../src/pipelines/shop-events/metrics-report.js';
import { type PipelineWorld, pipelineWorld } from '../../support/pipeline-world.js';
import { eventually } from '../../support/program.js';

const FEEDS = ['product-events', 'purchases', 'user-events'];
const shipped = join(__dirname, '..', '..', '..', 'data', 'shop-events');

type Event = {
  type: string;
  user_id: string;
  region: string;
  customer_type: string;
  product_id?: string;
  quantity?: number;
  price?: number;
  total?: number;
  timestamp: string;
};

const fast = ['produce', 'shop-events', '--rate', '0'];
const metrics = ['consume', 'shop-events', 'metrics', '--json'];

const tally = (events: readonly Event[], by: (event: Event) => string | undefined): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const event of events) {
    const name = by(event);
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

const onlyOf = (type: string) => (event: Event) => (event.type === type ? event.product_id : undefined);

/** The five with most, ties by id. */
const topOf = (counts: Record<string, number>): [string, number][] =>
  Object.entries(counts)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, 5);

describe('shop events, end to end', () => {
  let world: PipelineWorld;
  beforeEach(async () => {
    world = await pipelineWorld('shop-events', FEEDS);
  });
  afterEach(() => world.close());

  const allSent = async (): Promise<Event[]> =>
    (await Promise.all(FEEDS.map((feed) => world.sent(feed)))).flat().map(({ value }) => JSON.parse(value) as Event);

  /** What the metrics say, in the terms of `expected`. */
  const inTerms = ({ events, by_type, by_region, by_customer_type, top }: MetricsReport) => {
    const tops = (list: MetricsReport['top']['viewed']) => list.map((one) => [one.product_id, one.events]);
    const filled = (counts: Record<string, number>) =>
      Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
    return {
      events,
      types: filled(by_type),
      regions: filled(by_region),
      customers: filled(by_customer_type),
      viewed: tops(top.viewed),
      added: tops(top.added_to_cart),
      purchased: tops(top.purchased),
    };
  };

  const expected = (events: readonly Event[]) => ({
    events: events.length,
    types: tally(events, ({ type }) => type),
    regions: tally(events, ({ region }) => region),
    customers: tally(events, ({ customer_type }) => customer_type),
    viewed: topOf(tally(events, onlyOf('view'))),
    added: topOf(tally(events, onlyOf('add_to_cart'))),
    purchased: topOf(tally(events, onlyOf('purchase'))),
  });

  const reports = (stdout: string) =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as MetricsReport);

  it('makes 40, 15 and 30 events, then ends with a summary; carts and totals add up', async () => {
    const { code, stdout } = await world.call(fast);
    expect(code).toBe(0);
    expect(stdout).toBe(
      FEEDS.map((feed, n) => `${feed}: ${[40, 15, 30][n]} events acknowledged in ${world.topic(feed)}\n`).join(''),
    );
    const [products, purchases, users] = await Promise.all(
      FEEDS.map(async (feed) => (await world.sent(feed)).map(({ key, value }) => ({ key, event: JSON.parse(value) as Event }))),
    );
    expect([products?.length, purchases?.length, users?.length]).toEqual([40, 15, 30]);
    const held = new Map<string, number>();
    for (const { key, event } of products ?? []) {
      expect(key).toBe(event.user_id);
      const cart = `${event.user_id} ${event.product_id}`;
      if (event.type === 'add_to_cart') held.set(cart, (held.get(cart) ?? 0) + (event.quantity ?? 0));
      if (event.type === 'remove_from_cart') held.set(cart, (held.get(cart) ?? 0) - (event.quantity ?? 0));
      expect(held.get(cart) ?? 0).toBeGreaterThanOrEqual(0);
    }
    for (const { key, event } of purchases ?? []) {
      expect(key).toBe(event.user_id);
      const cart = `${event.user_id} ${event.product_id}`;
      held.set(cart, (held.get(cart) ?? 0) - (event.quantity ?? 0));
      expect(held.get(cart)).toBeGreaterThanOrEqual(0);
      expect(Math.round((event.total ?? 0) * 100)).toBe(Math.round((event.price ?? 0) * 100) * (event.quantity ?? 0));
    }
  });

  it('shows every event of the three topics, without colours where there is no terminal', async () => {
    await world.call(fast);
    const { code, stdout } = await world.call(['consume', 'shop-events', 'all-events', '--max', '85']);
    expect(code).toBe(0);
    const lines = stdout.split('\n').slice(0, -1);
    for (const [n, feed] of FEEDS.entries())
      expect(lines.filter((line) => line.startsWith(`${world.topic(feed)}  `))).toHaveLength([40, 15, 30][n] ?? 0);
    expect(stdout).not.toContain('\u001b');
  });

  it('shows the metrics every 20 events and at the end, with the right numbers', async () => {
    await world.call(fast);
    const { code, stdout } = await world.call([...metrics, '--max', '85']);
    expect(code).toBe(0);
    const shown = reports(stdout);
    expect(shown.map(({ events }) => events)).toEqual([20, 40, 60, 80, 85]);
    expect(inTerms(shown.at(-1) as MetricsReport)).toEqual(expected(await allSent()));
    const views = tally(await allSent(), ({ type }) => type).view ?? 0;
    const { stdout: text } = await world.call(['consume', 'shop-events', 'metrics', '--from', 'beginning', '--max', '85']);
    expect(text).toContain(`View-to-purchase conversion (purchase events / view events): ${((100 * 15) / views).toFixed(1)}%`);
    expect(text.match(/Events: 80\n/g)).toHaveLength(1);
  });

  it.each(['before-write', 'after-write', 'after-commit'])('keeps its numbers right over a kill %s', async (marker) => {
    await world.call([...fast, '--count', '700']);
    const victim = world.run(metrics, { ROWBRIDGE_TEST_KILL_AT: `${marker}:3` });
    expect(await victim.ended()).toBe('SIGKILL');
    await world.call([...fast, '--count', '100']);
    const heir = world.run(metrics);
    await heir.said('partitions assigned');
    await eventually('2400 events counted', 60_000, async () =>
      (await world.json('consumer_logs', 'metrics', 'metrics.json')).events === 2400 ? true : undefined,
    );
    expect(await heir.stop()).toBe(0);
    expect(inTerms(reports(heir.stdout()).at(-1) as MetricsReport)).toEqual(expected(await allSent()));
  });

  it('goes on for ever when told to, at the pace of the environment, and ends cleanly', async () => {
    const program = world.run(['produce', 'shop-events', 'purchases', '--forever'], { PURCHASES_DELAY_MS: '5' });
    await eventually('more purchases than by default', 30_000, async () =>
      (await world.sent('purchases')).length > 40 ? true : undefined,
    );
    expect(await program.stop()).toBe(0);
    const count = (await world.sent('purchases')).length;
    expect(program.stdout()).toBe(`purchases: ${count} events acknowledged in ${world.topic('purchases')}\n`);
  });

  it('tells one story in three programs with one seed', async () => {
    for (const feed of FEEDS)
      expect((await world.call(['produce', 'shop-events', feed, '--rate', '0'], { GENERATOR_SEED: 'one' })).code).toBe(0);
    const added = new Set(
      (await world.sent('product-events'))
        .map(({ value }) => JSON.parse(value) as Event)
        .filter(({ type }) => type === 'add_to_cart')
        .map(({ user_id, product_id }) => `${user_id} ${product_id}`),
    );
    const bought = (await world.sent('purchases')).map(({ value }) => JSON.parse(value) as Event);
    expect(bought.filter(({ user_id, product_id }) => !added.has(`${user_id} ${product_id}`))).toEqual([]);
  });

  it('uses a product and a user that a person has added', async () => {
    const data = join(world.directory, 'data', 'shop-events');
    await cp(shipped, data, { recursive: true });
    const products = [{ product_id: 'P900', name: 'Paper Kite', category: 'Toys', price: 12.5, brand: 'Gale', stock: 1000 }];
    const user = { user_id: 'U900', name: 'Nora Quist', email: 'nora@example.com', region: 'West', customer_type: 'VIP' };
    await writeFile(join(data, 'products.json'), JSON.stringify(products));
    await writeFile(join(data, 'users.json'), JSON.stringify([{ ...user, age: 44, interests: ['Toys'] }]));
    await world.call([...fast], { DATA_DIR: 'data' });
    const events = await allSent();
    expect(new Set(events.map(({ user_id }) => user_id))).toEqual(new Set(['U900']));
    expect(new Set(events.flatMap(({ product_id }) => product_id ?? []))).toEqual(new Set(['P900']));
    expect(await readFile(join(data, 'products.json'), 'utf8')).toBe(JSON.stringify(products));
  });
});
