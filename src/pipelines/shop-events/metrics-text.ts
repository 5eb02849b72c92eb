import { harmless } from '../../core/harmless.js';
import { conversionOf, conversionText, hasConversion } from './conversion.js';
import { type Metrics, OTHER_PRODUCTS } from './metrics.js';
import { overall, TOP } from './metrics-report.js';
import { type Counted, ranked } from './ranking.js';

/** So many conversions are shown to a person; `--json` has all of them. */
const MOST_CONVERSIONS = 30;

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

const top = (metrics: Metrics, title: string, by: Counted): string[] => {
  const best = ranked(metrics, by, TOP);
  const lines = best.map((one, at) => `  ${at + 1}. ${one.product_id} ${one.name}: ${one[by]}`);
  return [title, ...(lines.length === 0 ? ['  none yet'] : lines)];
};

const conversions = (metrics: Metrics): string[] => {
  const shown = ranked(metrics, 'viewed', MOST_CONVERSIONS, hasConversion);
  let all = 0;
  for (const one of metrics.products.values()) if (hasConversion(one)) all += 1;
  return [
    `View-to-purchase conversion (purchase events / view events): ${conversionText(overall(metrics))}`,
    ...shown.map((one) => `  ${one.product_id} ${one.name}: ${conversionText(conversionOf(one))}`),
    ...(all > shown.length ? [`  and ${all - shown.length} more products`] : []),
    ...(hasConversion(metrics.others) ? [`  ${OTHER_PRODUCTS}: ${conversionText(conversionOf(metrics.others))}`] : []),
  ];
};

const linesOf = (metrics: Metrics): string[] => [
  `Events: ${metrics.events}`,
  `By type: ${list(metrics.byType)}`,
  `By region: ${list(metrics.byRegion)}`,
  `By customer type: ${list(metrics.byCustomerType)}`,
  ...top(metrics, `Top ${TOP} products viewed (view events)`, 'viewed'),
  ...top(metrics, `Top ${TOP} products added to cart (add_to_cart events)`, 'added_to_cart'),
  ...top(metrics, `Top ${TOP} products purchased (purchase events)`, 'purchased'),
  ...conversions(metrics),
];

/**
 * The metrics in lines for a person. Everything counts events, not quantities; conversions are purchase events / view events,
 * most viewed products first, `n/a` where nothing was viewed. Control characters in names are made harmless.
 */
export const metricsText = (metrics: Metrics): string[] => linesOf(metrics).map(harmless);
