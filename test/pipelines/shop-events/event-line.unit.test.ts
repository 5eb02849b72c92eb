import fc from 'fast-check';
import { eventLine } from '../../../src/pipelines/shop-events/event-line.js';
import type { ShopEvent } from '../../../src/pipelines/shop-events/metrics.js';
import { of, shopEvent } from './shop-events.js';

const START = '2026-11-21T01:22:33.123456Z U001 (VIP, West)';
const user = (event: object): ShopEvent => {
  const { user_id, region, customer_type, session_id, timestamp } = of('view', 'P001');
  return { user_id, region, customer_type, session_id, timestamp, ...event } as ShopEvent;
};

describe('eventLine', () => {
  it.each<[string, ShopEvent]>([
    ['view P011 Kettle (Home) at 2.50', of('view', 'P011')],
    ['add_to_cart 2 x P011 Kettle (Home) at 2.50', of('add_to_cart', 'P011')],
    ['remove_from_cart 2 x P011 Kettle (Home) at 2.50', { ...of('add_to_cart', 'P011'), type: 'remove_from_cart' } as ShopEvent],
    ['purchase 2 x P011 Kettle at 2.50 = 5.00 by paypal', of('purchase', 'P011')],
    ['login', user({ type: 'login' })],
    ['logout', user({ type: 'logout' })],
    ["search 'kettle': 1 found", user({ type: 'search', query: 'kettle', results: 1 })],
    ['profile_update email', user({ type: 'profile_update', field: 'email' })],
  ])('reads: %s', (expected, event) => {
    expect(eventLine(event)).toBe(`${START} ${expected}`);
  });

  it('is one line for any event', () =>
    fc.assert(
      fc.property(shopEvent(5), (event) => {
        expect(eventLine(event)).toMatch(/^\S+Z U\d{3} \(\w+, \w+\) \S.*\S$/);
      }),
    ));
});
