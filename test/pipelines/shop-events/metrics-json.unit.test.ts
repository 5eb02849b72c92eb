import fc from 'fast-check';
import { countEvent, emptyMetrics, type Metrics, MOST_PRODUCTS } from '../../../src/pipelines/shop-events/metrics.js';
import { fromJson, type MetricsJson, toJson } from '../../../src/pipelines/shop-events/metrics-json.js';
import { metricsReport } from '../../../src/pipelines/shop-events/metrics-report.js';
import { metricsText } from '../../../src/pipelines/shop-events/metrics-text.js';
import { of, shopEvents } from './shop-events.js';

const savedAndRead = (metrics: Metrics): Metrics => fromJson(JSON.parse(JSON.stringify(toJson(metrics))));

describe('saved metrics', () => {
  it('go on with the same numbers, at whatever point they were saved', () =>
    fc.assert(
      fc.property(shopEvents(20), fc.nat(), (events, point) => {
        const straight = emptyMetrics();
        let interrupted = emptyMetrics();
        for (const [at, event] of events.entries()) {
          if (at === point % events.length) interrupted = savedAndRead(interrupted);
          countEvent(straight, event);
          countEvent(interrupted, event);
        }
        expect(toJson(interrupted)).toEqual(toJson(straight));
        expect(metricsText(savedAndRead(interrupted))).toEqual(metricsText(straight));
        expect(metricsReport(savedAndRead(interrupted))).toEqual(metricsReport(straight));
      }),
    ));

  it('keep the products apart that were apart, and no more', () => {
    const metrics = emptyMetrics();
    for (let at = 0; at < MOST_PRODUCTS; at += 1) countEvent(metrics, of('view', `P${String(at).padStart(6, '0')}`));
    const read = savedAndRead(metrics);
    countEvent(read, of('view', 'P000001'));
    countEvent(read, of('view', 'P999999'));
    expect(toJson(read).products.P000001).toMatchObject({ viewed: 2 });
    expect(toJson(read).other_products).toEqual({ viewed: 1, added_to_cart: 0, purchased: 0 });
  });

  it('do not change with the metrics that they were made of', () => {
    const metrics = emptyMetrics();
    countEvent(metrics, of('view', 'P001'));
    const saved = toJson(metrics);
    const before = structuredClone(saved);
    countEvent(metrics, of('view', 'P001'));
    expect(saved).toEqual(before);
  });

  it('are plain', () => {
    const metrics = emptyMetrics();
    for (const type of ['view', 'view', 'add_to_cart', 'purchase'] as const) countEvent(metrics, of(type, 'P011'));
    expect(toJson(metrics)).toEqual({
      events: 4,
      by_type: { view: 2, add_to_cart: 1, remove_from_cart: 0, purchase: 1, login: 0, logout: 0, search: 0, profile_update: 0 },
      by_region: { North: 0, South: 0, East: 0, West: 4 },
      by_customer_type: { Regular: 0, Premium: 0, VIP: 4 },
      products: { P011: { name: 'Kettle', viewed: 2, added_to_cart: 1, purchased: 1 } },
      other_products: { viewed: 0, added_to_cart: 0, purchased: 0 },
    });
  });
});

describe('damaged metrics', () => {
  const good = (): MetricsJson => {
    const metrics = emptyMetrics();
    for (const type of ['view', 'view', 'add_to_cart', 'purchase'] as const) countEvent(metrics, of(type, 'P011'));
    return toJson(metrics);
  };
  const entry = { name: 'Kettle', viewed: 0, added_to_cart: 0, purchased: 0 };
  const many = Object.fromEntries(Array.from({ length: MOST_PRODUCTS }, (_, at) => [`P${at + 100_000}`, entry]));

  it('would be read when whole', () => {
    expect(toJson(fromJson(good()))).toEqual(good());
  });

  it.each<[string, (saved: MetricsJson) => unknown, RegExp]>([
    ['nothing', () => null, /the whole/],
    ['a field less', ({ by_type, ...rest }) => rest, /by_type/],
    ['a type less', (saved) => ({ ...saved, by_type: { view: 2 } }), /by_type/],
    ['a region more', (saved) => ({ ...saved, by_region: { ...saved.by_region, Centre: 0 } }), /by_region/],
    ['a count below 0', (saved) => ({ ...saved, events: -4 }), /events/],
    ['half a count', (saved) => ({ ...saved, by_type: { ...saved.by_type, view: 1.5 } }), /by_type\.view/],
    ['another id', (saved) => ({ ...saved, products: { ...saved.products, kettle: entry } }), /products\.kettle/],
    ['an unknown field', (saved) => ({ ...saved, extra: 1 }), /extra/],
    [
      'one product too many',
      (saved) => ({ ...saved, products: { ...saved.products, ...many } }),
      /products: has more than 10000/,
    ],
    ['too many events', (saved) => ({ ...saved, events: 5 }), /do not add up/],
    ['a lost customer', (saved) => ({ ...saved, by_customer_type: { ...saved.by_customer_type, VIP: 3 } }), /do not add up/],
    ['a lost product', (saved) => ({ ...saved, products: {} }), /do not add up/],
    ['a view more', (saved) => ({ ...saved, other_products: { ...saved.other_products, viewed: 1 } }), /do not add up/],
    ['an adding more', (saved) => ({ ...saved, other_products: { ...saved.other_products, added_to_cart: 1 } }), /do not add up/],
    ['a purchase more', (saved) => ({ ...saved, other_products: { ...saved.other_products, purchased: 1 } }), /do not add up/],
  ])('are refused: %s', (_, damage, why) => {
    const read = () => fromJson(damage(good()));
    expect(read).toThrow(why);
    expect(read).toThrow(expect.objectContaining({ code: 'METRICS_DAMAGED', kind: 'integrity' }));
  });
});
