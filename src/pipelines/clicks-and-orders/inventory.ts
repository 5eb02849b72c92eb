import { z } from 'zod';
import { centsOf, type Order, order } from '../../generators/orders/event.js';
import type { Numbers } from '../../sinks/snapshot/index.js';

/** What was ordered so far. `cents` is the sum of the amounts. */
type Inventory = { count: number; cents: bigint; last: LastOrder | null };

/** `at`: when Kafka took it, in milliseconds since 1970. */
type LastOrder = Readonly<{ order: Order; at: number }>;

const stored = z.object({
  count: z.int().min(0),
  amount: z.number().min(0),
  last_order: z.nullable(order),
  last_order_at: z.nullable(z.iso.datetime({ precision: 3 })),
});

const numberOf = ({ order_id }: Order): number => Number(order_id.slice('ORD-'.length));

/** Partitions are read in any order: the last order is the one that Kafka took last, of one millisecond the one with the higher number. */
const isLater = (one: Order, at: number, last: LastOrder | null): boolean =>
  last === null || at > last.at || (at === last.at && numberOf(one) > numberOf(last.order));

/** Orders in numbers: how many, their amount in all, and the last one. The amount is exact to the cent up to 2^52 cents. */
export const inventoryNumbers: Numbers<Order, Inventory> = {
  file: 'inventory.json',
  empty: () => ({ count: 0, cents: 0n, last: null }),
  add(inventory, one, { timestamp }) {
    inventory.count += 1;
    inventory.cents += centsOf(one.amount);
    if (isLater(one, timestamp, inventory.last)) inventory.last = { order: one, at: timestamp };
  },
  toJson: ({ count, cents, last }) => ({
    count,
    amount: Number(cents) / 100,
    last_order: last?.order ?? null,
    last_order_at: last === null ? null : new Date(last.at).toISOString(),
  }),
  read(content) {
    const { count, amount, last_order, last_order_at } = stored.parse(content);
    const last = last_order === null || last_order_at === null ? null : { order: last_order, at: Date.parse(last_order_at) };
    return { count, cents: BigInt(amount.toFixed(2).replace('.', '')), last };
  },
};
