import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalogue } from '../../../src/generators/shop/catalogue.js';
import type { ProductEvent } from '../../../src/generators/shop/events/product-event.js';
import type { Purchase } from '../../../src/generators/shop/events/purchase.js';
import type { UserEvent } from '../../../src/generators/shop/events/user-event.js';
import { productEvents } from '../../../src/generators/shop/product-events.js';
import { purchases } from '../../../src/generators/shop/purchases.js';
import { userEvents } from '../../../src/generators/shop/user-events.js';
import { firstEvents } from '../first-events.js';

export type Told = Readonly<{ products: ProductEvent[]; bought: Purchase[]; users: UserEvent[] }>;

/** When each topic's events come when three producers begin together at their default paces. */
export const GAP_MS = { products: 750, bought: 2000, users: 1000 } as const;

/** An event, the topic and place in it (from 1), and when it comes. */
export type Moment = Readonly<{
  atMs: number;
  topic: keyof Told;
  index: number;
  event: ProductEvent | Purchase | UserEvent;
}>;

/** What three producers tell that know only the seed and the data files. */
export const tell = async (catalogue: Catalogue, seed: string, rounds = 1): Promise<Told> => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'rowbridge-shop-'));
  try {
    await mkdir(join(dataDirectory, 'shop-events'));
    writeFileSync(join(dataDirectory, 'shop-events', 'products.json'), JSON.stringify(catalogue.products));
    writeFileSync(join(dataDirectory, 'shop-events', 'users.json'), JSON.stringify(catalogue.users));
    return {
      products: await firstEvents(productEvents, 40 * rounds, { seed, dataDirectory }),
      bought: await firstEvents(purchases, 15 * rounds, { seed, dataDirectory }),
      users: await firstEvents(userEvents, 30 * rounds, { seed, dataDirectory }),
    };
  } finally {
    rmSync(dataDirectory, { recursive: true });
  }
};

/** At one moment purchases come first, then users, then products; but nothing is bought before the first user and product. */
const rank = ({ atMs, topic }: Moment): number => {
  const order = atMs === 0 ? ['users', 'products', 'bought'] : ['bought', 'users', 'products'];
  return order.indexOf(topic);
};

/** All three topics in the order of time. */
export const inTime = (told: Told): Moment[] =>
  (['products', 'bought', 'users'] as const)
    .flatMap((topic) => told[topic].map((event, at): Moment => ({ atMs: at * GAP_MS[topic], topic, index: at + 1, event })))
    .sort((a, b) => a.atMs - b.atMs || rank(a) - rank(b));
