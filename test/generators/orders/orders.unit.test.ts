import fc from 'fast-check';
import { centsOf, order } from '../../../src/generators/orders/event.js';
import { orders } from '../../../src/generators/orders/index.js';
import { firstEvents } from '../first-events.js';

const ORDER = /^\{"type":"ORDER","order_id":"ORD-\d{4,}","amount":(\d+)(?:\.(\d{1,2}))?,"status":"VALIDATED"\}$/;

/** The cents of an amount as it is written in an event. */
const writtenCents = (text: string): bigint => {
  const [, whole = '', fraction = ''] = ORDER.exec(text) ?? [];
  return BigInt(whole + fraction.padEnd(2, '0'));
};

describe('orders', () => {
  it('come every two seconds unless asked otherwise', () => {
    expect(orders).toMatchObject({ kind: 'generator', name: 'orders', eventsPerSecond: 0.5 });
  });

  it('have the form of an order, and fit its type after their travel', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (seed) => {
        for (const event of await firstEvents(orders, 300, { seed })) {
          const text = JSON.stringify(event);
          expect(text).toMatch(ORDER);
          expect(writtenCents(text)).toBeGreaterThan(0n);
          expect(JSON.stringify(order.parse(JSON.parse(text)))).toBe(text);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('are numbered from ORD-1001 in each run', async () => {
    for (let run = 0; run < 2; run++) {
      const ids = (await firstEvents(orders, 9_500)).map(({ order_id }) => order_id);
      expect(ids).toEqual(ids.map((_, at) => `ORD-${1001 + at}`));
    }
  });

  it('are the same for the same seed, and others for another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (seed, other) => {
        fc.pre(seed !== other);
        const first = await firstEvents(orders, 50, { seed });
        expect(await firstEvents(orders, 50, { seed })).toEqual(first);
        expect(await firstEvents(orders, 50, { seed: other })).not.toEqual(first);
      }),
    );
  });

  it('are mostly small, and differ', async () => {
    const amounts = (await firstEvents(orders, 10_000)).map(({ amount }) => amount).sort((a, b) => a - b);
    expect(amounts[0]).toBeGreaterThan(1);
    expect(amounts[9_999]).toBeLessThan(6_000);
    expect(amounts[5_000]).toBeGreaterThan(50);
    expect(amounts[5_000]).toBeLessThan(500);
    expect(new Set(amounts).size).toBeGreaterThan(1_000);
  });

  it('add up to the cent', async () => {
    const events = await firstEvents(orders, 10_000);
    const summed = events.reduce((cents, { amount }) => cents + centsOf(amount), 0n);
    expect(summed).toBe(events.reduce((cents, event) => cents + writtenCents(JSON.stringify(event)), 0n));
  });
});
