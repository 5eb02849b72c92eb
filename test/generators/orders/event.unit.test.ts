import fc from 'fast-check';
import { centsOf, order } from '../../../src/generators/orders/event.js';

const good = { type: 'ORDER', order_id: 'ORD-1001', amount: 50.25, status: 'VALIDATED' };

const cents = fc.integer({ min: 1, max: 9_999_999_999 });

describe('the type of an order', () => {
  it('keeps the order of its fields', () => {
    const mixed = { status: 'VALIDATED', amount: 50.5, order_id: 'ORD-1001', type: 'ORDER' };
    const text = '{"type":"ORDER","order_id":"ORD-1001","amount":50.5,"status":"VALIDATED"}';
    expect(JSON.stringify(order.parse(mixed))).toBe(text);
    expect(order.parse(good)).toEqual(good);
  });

  it('takes every amount in whole cents', () => {
    fc.assert(fc.property(cents, (many) => expect(order.safeParse({ ...good, amount: many / 100 }).success).toBe(true)));
  });

  it.each([
    ['another type', { type: 'CLICK' }, 'type'],
    ['an id without ORD-', { order_id: '1001' }, 'order_id'],
    ['an id without a number', { order_id: 'ORD-' }, 'order_id'],
    ['an id with more behind it', { order_id: 'ORD-1001x' }, 'order_id'],
    ['an amount as text', { amount: '50.25' }, 'amount'],
    ['an amount of nothing', { amount: 0 }, 'amount'],
    ['an amount below nothing', { amount: -1 }, 'amount'],
    ['an amount in tenths of cents', { amount: 50.255 }, 'amount'],
    ['an amount beyond all orders', { amount: 100_000_000 }, 'amount'],
    ['another status', { status: 'PENDING' }, 'status'],
    ['a field more', { extra: 1 }, ''],
    ['a field less', { status: undefined }, 'status'],
  ])('refuses %s', (_, change, field) => {
    const { error } = order.safeParse({ ...good, ...change });
    expect(error?.issues[0]?.path.join('.')).toBe(field);
  });
});

describe('centsOf', () => {
  it('gives the cents that were written, exactly', () => {
    fc.assert(
      fc.property(cents, (many) => {
        const digits = String(many).padStart(3, '0');
        expect(centsOf(Number(`${digits.slice(0, -2)}.${digits.slice(-2)}`))).toBe(BigInt(many));
      }),
    );
  });

  it.each([0.001, 1.005, 0.1 + 0.2, Number.NaN, Number.POSITIVE_INFINITY, 1e20])('refuses %d, which is no amount', (amount) => {
    expect(() => centsOf(amount)).toThrow(RangeError);
  });
});
