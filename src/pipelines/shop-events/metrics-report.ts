import { type Conversion, conversionOf, hasConversion } from './conversion.js';
import type { Metrics } from './metrics.js';
import type { MetricsJson } from './metrics-json.js';
import { type Counted, ranked } from './ranking.js';

export const TOP = 5;

type Named = Readonly<{ product_id: string; product_name: string }>;

/** The metrics with what follows from them, for `--json`. */
export type MetricsReport = Readonly<
  Pick<MetricsJson, 'events' | 'by_type' | 'by_region' | 'by_customer_type'> & {
    top: Readonly<Record<Counted, readonly (Named & Readonly<{ events: number }>)[]>>;
    /** Purchase events / view events: of all products, of each by its id, and of those that are not kept apart. */
    conversion: Conversion & Readonly<{ products: readonly (Named & Conversion)[]; other_products: Conversion }>;
  }
>;

const top = (metrics: Metrics, by: Counted) =>
  ranked(metrics, by, TOP).map((one) => ({ product_id: one.product_id, product_name: one.name, events: one[by] }));

/** The conversion over all products. */
export const overall = ({ byType }: Metrics): Conversion => conversionOf({ viewed: byType.view, purchased: byType.purchase });

export const metricsReport = (metrics: Metrics): MetricsReport => ({
  events: metrics.events,
  by_type: { ...metrics.byType },
  by_region: { ...metrics.byRegion },
  by_customer_type: { ...metrics.byCustomerType },
  top: {
    viewed: top(metrics, 'viewed'),
    added_to_cart: top(metrics, 'added_to_cart'),
    purchased: top(metrics, 'purchased'),
  },
  conversion: {
    ...overall(metrics),
    products: [...metrics.products.values()]
      .filter(hasConversion)
      .sort((a, b) => (a.product_id < b.product_id ? -1 : 1))
      .map((one) => ({ product_id: one.product_id, product_name: one.name, ...conversionOf(one) })),
    other_products: conversionOf(metrics.others),
  },
});
