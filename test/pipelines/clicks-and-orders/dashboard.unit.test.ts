import fc from 'fast-check';
import type { Click } from '../../../src/generators/clicks/event.js';
import type { Order } from '../../../src/generators/orders/event.js';
import { dashboard } from '../../../src/pipelines/clicks-and-orders/dashboard.js';

const META = { topic: 't', partition: 0, offset: 0n, timestamp: 0 };

const click = (page: string): Click => ({ type: 'CLICK', user_id: 'User_1', page, timestamp: 1_766_231_125.5 });
const order = (cents: number): Order => ({ type: 'ORDER', order_id: 'ORD-1001', amount: cents / 100, status: 'VALIDATED' });

const lineOf = (events: readonly (Click | Order)[]): string => {
  const { add, line } = dashboard();
  for (const event of events) add(event, META);
  return line();
};

describe('the dashboard', () => {
  it('begins with nothing', () => {
    expect(lineOf([])).toBe('[DASHBOARD] 0 clicks | 0 orders | revenue 0.00');
  });

  it('tells clicks by page, the most clicked first, orders and their sum', () => {
    const events = [click('/home'), click('/cart'), order(5025), click('/home'), order(10), click('/about')];
    expect(lineOf(events)).toBe('[DASHBOARD] 4 clicks (/home 2, /about 1, /cart 1) | 2 orders | revenue 50.35');
  });

  it('has the revenue to the cent', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9_999_999_999 }), { maxLength: 200 }), (all) => {
        const digits = String(all.reduce((sum, cents) => sum + BigInt(cents), 0n)).padStart(3, '0');
        expect(lineOf(all.map(order))).toContain(` | ${all.length} orders | revenue ${digits.slice(0, -2)}.${digits.slice(-2)}`);
      }),
    );
  });

  it('names eight pages, and says how many more there are', () => {
    const pages = Array.from({ length: 11 }, (_, index) => Array<Click>(11 - index).fill(click(`/${index}`))).flat();
    expect(lineOf(pages)).toBe(
      '[DASHBOARD] 66 clicks (/0 11, /1 10, /2 9, /3 8, /4 7, /5 6, /6 5, /7 4, 3 more pages) | 0 orders | revenue 0.00',
    );
  });

  it('remembers no more than a thousand pages, and still counts every click', () => {
    const { add, line } = dashboard();
    for (let page = 0; page < 5_000; page++) add(click(`/${page}`), META);
    for (let again = 0; again < 3; again++) add(click('/7'), META);
    expect(line()).toMatch(/^\[DASHBOARD\] 5003 clicks \(\(other pages\) 4000, \/7 4, .*, 993 more pages\)/);
  });

  it('counts for itself: another one begins with nothing', () => {
    lineOf([order(100)]);
    expect(lineOf([])).toContain('0 orders');
  });
});
