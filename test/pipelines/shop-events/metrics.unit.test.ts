import fc from 'fast-check';
import { countEvent, emptyMetrics, MOST_PRODUCTS, type ShopEvent } from '../../../src/pipelines/shop-events/metrics.js';
import { toJson } from '../../../src/pipelines/shop-events/metrics-json.js';
import { metricsReport } from '../../../src/pipelines/shop-events/metrics-report.js';
import { metricsText } from '../../../src/pipelines/shop-events/metrics-text.js';
import { counted, of, shopEvents } from './shop-events.js';

/** The same numbers by filtering the whole list again and again. */
const apart = (events: readonly ShopEvent[]) => {
  const number = (fits: (event: ShopEvent) => boolean) => events.filter(fits).length;
  const ids = [...new Set(events.flatMap((event) => ('product_id' in event ? [event.product_id] : [])))].sort();
  const ofProduct = (type: string, id: string) =>
    number((event) => event.type === type && 'product_id' in event && event.product_id === id);
  /** Half up in whole numbers: tenths of a percent. */
  const percent = (bought: number, seen: number) =>
    seen === 0 ? null : Number((2000n * BigInt(bought) + BigInt(seen)) / (2n * BigInt(seen))) / 10;
  return {
    number,
    top: (type: string) =>
      ids
        .map((id) => ({ product_id: id, events: ofProduct(type, id) }))
        .filter((one) => one.events > 0)
        .sort((a, b) => b.events - a.events || a.product_id.localeCompare(b.product_id))
        .slice(0, 5),
    overall: percent(
      number(({ type }) => type === 'purchase'),
      number(({ type }) => type === 'view'),
    ),
    products: ids
      .map((id) => ({ product_id: id, views: ofProduct('view', id), purchases: ofProduct('purchase', id) }))
      .filter(({ views, purchases }) => views + purchases > 0)
      .map((one) => ({ ...one, percent: percent(one.purchases, one.views) })),
  };
};

const nameless = <T extends { product_name: string }>(list: readonly T[]) => list.map(({ product_name, ...rest }) => rest);

describe('metrics', () => {
  it.each([3, 12, 60])('are those that are found another way, of %d products', (products) =>
    fc.assert(
      fc.property(shopEvents(products), (events) => {
        const report = metricsReport(counted(events));
        const { number, top, overall, products: each } = apart(events);
        expect(report.events).toBe(events.length);
        for (const [type, count] of Object.entries(report.by_type)) expect(count).toBe(number((event) => event.type === type));
        for (const [region, count] of Object.entries(report.by_region))
          expect(count).toBe(number((event) => event.region === region));
        for (const [customer, count] of Object.entries(report.by_customer_type))
          expect(count).toBe(number((event) => event.customer_type === customer));
        expect(nameless(report.top.viewed)).toEqual(top('view'));
        expect(nameless(report.top.added_to_cart)).toEqual(top('add_to_cart'));
        expect(nameless(report.top.purchased)).toEqual(top('purchase'));
        expect(report.conversion).toMatchObject({ percent: overall, views: number(({ type }) => type === 'view') });
        expect(nameless(report.conversion.products)).toEqual(each);
        expect(report.conversion.other_products).toEqual({ views: 0, purchases: 0, percent: null });
      }),
    ),
  );

  it('name every type, region and customer type, also at 0', () => {
    const report = metricsReport(emptyMetrics());
    expect(Object.values(report.by_type)).toEqual(Array(8).fill(0));
    expect(report.by_region).toEqual({ North: 0, South: 0, East: 0, West: 0 });
    expect(report.by_customer_type).toEqual({ Regular: 0, Premium: 0, VIP: 0 });
    expect(report.conversion.percent).toBeNull();
  });

  it('order ties by product_id, whatever came first', () => {
    const ids = ['P010', 'P003', 'P007', 'P001', 'P005', 'P002', 'P0011'];
    const metrics = counted(ids.map((id) => of('view', id)));
    expect(metricsReport(metrics).top.viewed.map(({ product_id }) => product_id)).toEqual([
      'P001',
      'P0011',
      'P002',
      'P003',
      'P005',
    ]);
    countEvent(metrics, of('view', 'P010'));
    expect(metricsReport(metrics).top.viewed.map(({ product_id }) => product_id)).toEqual([
      'P010',
      'P001',
      'P0011',
      'P002',
      'P003',
    ]);
  });

  it('tell the name of the latest event', () => {
    const metrics = counted([of('view', 'P001', 'Kettle'), of('view', 'P001', 'Copper Kettle')]);
    expect(metricsReport(metrics).top.viewed).toEqual([{ product_id: 'P001', product_name: 'Copper Kettle', events: 2 }]);
  });

  it('keep 10,000 products apart and count the rest under one name', () => {
    const ids = Array.from({ length: MOST_PRODUCTS + 7 }, (_, at) => `P${String(at).padStart(6, '0')}`);
    const metrics = counted(ids.flatMap((id) => [of('view', id), of('purchase', id)]));
    countEvent(metrics, of('view', 'P000003'));
    countEvent(metrics, of('view', 'P999999'));
    expect(MOST_PRODUCTS).toBe(10_000);
    expect(Object.keys(toJson(metrics).products)).toHaveLength(10_000);
    const { conversion, events, top } = metricsReport(metrics);
    expect(events).toBe(20_016);
    expect(conversion).toMatchObject({
      views: 10_009,
      purchases: 10_007,
      other_products: { views: 8, purchases: 7, percent: 87.5 },
    });
    expect(top.viewed[0]).toMatchObject({ product_id: 'P000003', events: 2 });
    const lines = metricsText(metrics);
    expect(lines.at(-1)).toBe('  other products: 87.5% (7 / 8)');
    expect(lines.at(-2)).toBe('  and 9970 more products');
    expect(lines.length).toBeLessThan(70);
  });

  it('count a million events one by one', () => {
    const [sample] = fc.sample(shopEvents(500, 2000), { numRuns: 1, seed: 7 }) as [ShopEvent[]];
    const events = [...sample, of('view', 'P001')];
    const metrics = emptyMetrics();
    const rounds = Math.ceil(1_000_000 / events.length);
    for (let round = 0; round < rounds; round += 1) for (const event of events) countEvent(metrics, event);
    expect(metrics.events).toBe(rounds * events.length);
  });
});
