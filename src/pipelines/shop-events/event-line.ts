import type { ShopEvent } from './metrics.js';

const what = (event: ShopEvent): string => {
  switch (event.type) {
    case 'view':
      return `${event.product_id} ${event.product_name} (${event.category}) at ${event.price.toFixed(2)}`;
    case 'add_to_cart':
    case 'remove_from_cart':
      return `${event.quantity} x ${event.product_id} ${event.product_name} (${event.category}) at ${event.price.toFixed(2)}`;
    case 'purchase':
      return `${event.quantity} x ${event.product_id} ${event.product_name} at ${event.price.toFixed(2)} = ${event.total.toFixed(2)} by ${event.payment_method}`;
    case 'search':
      return `'${event.query}': ${event.results} found`;
    case 'profile_update':
      return event.field;
    case 'login':
    case 'logout':
      return '';
  }
};

/** One line for a person: when, who, and what. Texts of the event stand in it as they are. */
export const eventLine = (event: ShopEvent): string =>
  `${event.timestamp} ${event.user_id} (${event.customer_type}, ${event.region}) ${event.type} ${what(event)}`.trimEnd();
