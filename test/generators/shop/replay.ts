import type { Catalogue } from '../../../src/generators/shop/catalogue.js';
import type { Moment } from './story.js';

type Visit = { user: string; cart: Map<string, number> };

/** Lives through the story with carts of its own and says what is wrong in it. */
export const faultsOf = ({ products, users }: Catalogue, moments: readonly Moment[]): string[] => {
  const faults: string[] = [];
  const visits = new Map<string, Visit>();
  const ended = new Set<string>();
  const online = new Set<string>();

  for (const { event, topic, index } of moments) {
    const fault = (what: string) => faults.push(`${topic} ${index} ${event.type}: ${what}`);
    const { session_id: id, user_id } = event;
    const user = users.find((one) => one.user_id === user_id);
    if (user === undefined) fault('unknown user');
    if (user?.region !== event.region || user.customer_type !== event.customer_type) fault('not as in the data file');

    if (event.type === 'login') {
      if (online.has(user_id)) fault('is here already');
      if (visits.has(id) || ended.has(id)) fault('session is used twice');
      online.add(user_id);
      visits.set(id, { user: user_id, cart: new Map() });
      continue;
    }
    const visit = visits.get(id);
    if (visit === undefined || visit.user !== user_id) {
      fault('outside of a visit');
      continue;
    }
    if (event.type === 'logout') {
      online.delete(user_id);
      visits.delete(id);
      ended.add(id);
    }
    if (!('product_id' in event)) continue;

    const product = products.find((one) => one.product_id === event.product_id);
    if (product === undefined) {
      fault('unknown product');
      continue;
    }
    const { name, category, price } = product;
    if (event.product_name !== name || event.category !== category || event.price !== price) fault('not as in the data file');
    if (event.type === 'view') continue;
    const before = visit.cart.get(event.product_id) ?? 0;
    const after = before + (event.type === 'add_to_cart' ? event.quantity : -event.quantity);
    if (after < 0) fault(`takes ${event.quantity} where ${before} are`);
    if (after > product.stock) fault(`${after} in the cart, ${product.stock} in stock`);
    visit.cart.set(event.product_id, after);
    if (event.type === 'purchase') {
      const cents = BigInt(Math.round(price * 100)) * BigInt(event.quantity);
      const text = `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
      if (event.total !== Number(text)) fault(`total ${event.total} instead of ${text}`);
    }
  }
  return faults;
};
