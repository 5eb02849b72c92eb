import { decimalText } from '../../core/decimal.js';
import type { Click } from '../../generators/clicks/event.js';
import { centsOf, type Order } from '../../generators/orders/event.js';
import type { Summary } from '../../sinks/console/index.js';

/** Pages are named by whoever clicks: beyond this many they are counted together. */
const MOST_PAGES = 1_000;
const SHOWN_PAGES = 8;

/** What has come since the program started, in one line: clicks by page, orders, and the sum of their amounts. */
export const dashboard = (): Summary<Click | Order> => {
  const pages = new Map<string, number>();
  let clicks = 0;
  let orders = 0;
  let cents = 0n;
  return {
    add(event) {
      if (event.type === 'ORDER') {
        orders += 1;
        cents += centsOf(event.amount);
        return;
      }
      clicks += 1;
      const page = pages.has(event.page) || pages.size < MOST_PAGES ? event.page : '(other pages)';
      pages.set(page, (pages.get(page) ?? 0) + 1);
    },
    line() {
      const ranked = [...pages].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
      const shown = ranked.slice(0, SHOWN_PAGES).map(([page, count]) => `${page} ${count}`);
      const more = ranked.length > SHOWN_PAGES ? `, ${ranked.length - SHOWN_PAGES} more pages` : '';
      const byPage = shown.length === 0 ? '' : ` (${shown.join(', ')}${more})`;
      return `[DASHBOARD] ${clicks} clicks${byPage} | ${orders} orders | revenue ${decimalText({ unscaled: cents, scale: 2 })}`;
    },
  };
};
