import { emptyMetrics } from '../../../src/pipelines/shop-events/metrics.js';
import { metricsText } from '../../../src/pipelines/shop-events/metrics-text.js';
import { counted, of } from './shop-events.js';

describe('metricsText', () => {
  it('reads well', () => {
    const metrics = counted([
      ...['P001', 'P001', 'P001', 'P002', 'P002'].map((id) => of('view', id)),
      of('add_to_cart', 'P001'),
      of('purchase', 'P001'),
      of('purchase', 'P003', 'Lamp\u001b[2J'),
    ]);
    expect(metricsText(metrics)).toEqual([
      'Events: 8',
      'By type: view 5, add_to_cart 1, remove_from_cart 0, purchase 2, login 0, logout 0, search 0, profile_update 0',
      'By region: North 0, South 0, East 0, West 8',
      'By customer type: Regular 0, Premium 0, VIP 8',
      'Top 5 products viewed (view events)',
      '  1. P001 Kettle: 3',
      '  2. P002 Kettle: 2',
      'Top 5 products added to cart (add_to_cart events)',
      '  1. P001 Kettle: 1',
      'Top 5 products purchased (purchase events)',
      '  1. P001 Kettle: 1',
      '  2. P003 Lamp\\u001b[2J: 1',
      'View-to-purchase conversion (purchase events / view events): 40.0% (2 / 5)',
      '  P001 Kettle: 33.3% (1 / 3)',
      '  P002 Kettle: 0.0% (0 / 2)',
      '  P003 Lamp\\u001b[2J: n/a (1 / 0)',
    ]);
  });

  it('reads well before the first event', () => {
    const lines = metricsText(emptyMetrics());
    expect(lines.filter((line) => line === '  none yet')).toHaveLength(3);
    expect(lines.at(-1)).toMatch(/: n\/a \(0 \/ 0\)$/);
  });
});
