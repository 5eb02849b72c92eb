import fc from 'fast-check';
import type { Order } from '../../../src/generators/orders/event.js';
import { inventoryNumbers } from '../../../src/pipelines/clicks-and-orders/inventory.js';

const order = (number: number, cents: number): Order => ({
  type: 'ORDER',
  order_id: `ORD-${String(number).padStart(4, '0')}`,
  amount: cents / 100,
  status: 'VALIDATED',
});

const meta = (timestamp: number, offset = 0) => ({
  topic: 'commandes_validees',
  partition: 0,
  offset: BigInt(offset),
  timestamp,
});

const CENTS = fc.integer({ min: 1, max: 9_999_999_999 });

/** What stands in the file after some orders; `restarts` says behind which of them everything is read back from there. */
const inventory = (orders: readonly (readonly [order: Order, at: number])[], restarts: readonly number[] = []) => {
  let numbers = inventoryNumbers.empty();
  const throughFile = () => JSON.parse(JSON.stringify(inventoryNumbers.toJson(numbers)));
  for (const [index, [one, at]] of orders.entries()) {
    inventoryNumbers.add(numbers, one, meta(at, index));
    if (restarts.includes(index)) numbers = inventoryNumbers.read(throughFile());
  }
  return throughFile();
};

/** By way of the digits, apart from the code under test: `12.5` -> `1250`. */
const centsIn = (amount: number): bigint => {
  const [whole = '', decimals = ''] = amount.toString().split('.');
  return BigInt(whole) * 100n + BigInt(decimals.padEnd(2, '0'));
};

describe('the inventory', () => {
  it('has nothing before the first order', () => {
    expect(inventory([])).toEqual({ count: 0, amount: 0, last_order: null, last_order_at: null });
  });

  it('has how many, their amount, and the last with the time at which Kafka took it', () => {
    expect(
      inventory([
        [order(1001, 5025), 1_766_231_125_964],
        [order(1002, 10), 1_766_231_126_000],
      ]),
    ).toEqual({ count: 2, amount: 50.35, last_order: order(1002, 10), last_order_at: '2025-12-20T11:45:26.000Z' });
  });

  it('has the sum to the cent, whatever is added and however often it is read back', () => {
    fc.assert(
      fc.property(fc.array(CENTS, { maxLength: 60 }), fc.array(fc.nat({ max: 59 })), (all, restarts) => {
        const { count, amount } = inventory(
          all.map((cents, index) => [order(index + 1, cents), index]),
          restarts,
        );
        expect(count).toBe(all.length);
        expect(centsIn(amount)).toBe(all.reduce((sum, cents) => sum + BigInt(cents), 0n));
      }),
      { numRuns: 300 },
    );
  });

  it('has the sum to the cent of many dimes, where a sum of amounts is off', () => {
    const dimes = Array.from({ length: 1_000 }, (_, index): [Order, number] => [order(index, 10), index]);
    expect(dimes.reduce((sum, [{ amount }]) => sum + amount, 0)).not.toBe(100);
    expect(inventory(dimes).amount).toBe(100);
  });

  it('reads back every sum up to 2^52 cents', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 52n }), (cents) => {
        const stored = JSON.parse(JSON.stringify(inventoryNumbers.toJson({ count: 1, cents, last: null })));
        expect(inventoryNumbers.read(stored).cents).toBe(cents);
        expect(centsIn(stored.amount)).toBe(cents);
      }),
      { numRuns: 5_000 },
    );
  });

  it('has the order that Kafka took last, in whatever order the partitions are read', () => {
    const some = fc.uniqueArray(fc.record({ number: fc.integer({ min: 1, max: 30_000 }), at: fc.integer({ min: 0, max: 5 }) }), {
      minLength: 1,
      maxLength: 20,
      selector: ({ number }) => number,
    });
    fc.assert(
      fc.property(some, fc.array(fc.nat({ max: 19 })), (orders, restarts) => {
        const latest = Math.max(...orders.map(({ at }) => at));
        const highest = Math.max(...orders.filter(({ at }) => at === latest).map(({ number }) => number));
        const { last_order, last_order_at } = inventory(
          orders.map(({ number, at }) => [order(number, 100), at]),
          restarts,
        );
        expect(last_order).toEqual(order(highest, 100));
        expect(last_order_at).toBe(new Date(latest).toISOString());
      }),
    );
  });

  it('gives back the file that it was read from', () => {
    const stored = inventory([
      [order(1001, 5025), 1_766_231_125_964],
      [order(12345, 1), 1_766_231_125_964],
    ]);
    expect(inventoryNumbers.toJson(inventoryNumbers.read(stored))).toEqual(stored);
    const empty = inventory([]);
    expect(inventoryNumbers.toJson(inventoryNumbers.read(empty))).toEqual(empty);
  });

  it.each([
    ['no count', { count: undefined }],
    ['a count below nothing', { count: -1 }],
    ['half a count', { count: 1.5 }],
    ['an amount as text', { amount: '1.00' }],
    ['an amount below nothing', { amount: -0.01 }],
    ['another last order', { last_order: { ...order(1, 1), amount: 0.001 } }],
    ['no time', { last_order_at: 'yesterday' }],
  ])('refuses a file with %s', (_, change) => {
    const stored = inventory([[order(1001, 5025), 1_766_231_125_964]]);
    expect(() => inventoryNumbers.read({ ...stored, ...change })).toThrow();
  });
});
