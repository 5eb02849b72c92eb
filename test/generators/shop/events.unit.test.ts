import { productEvent } from '../../../src/generators/shop/events/product-event.js';
import { purchase } from '../../../src/generators/shop/events/purchase.js';
import { userEvent } from '../../../src/generators/shop/events/user-event.js';

const where = { region: 'South', customer_type: 'Premium', session_id: 'S-1', timestamp: '2026-11-21T01:22:33.123456Z' };
const of = { user_id: 'U009', product_id: 'P011', product_name: 'Copper Kettle', category: 'Home', price: 37.95 };
const view = { type: 'view', ...of, ...where };
const added = { type: 'add_to_cart', ...of, quantity: 2, ...where };
const bought = { type: 'purchase', ...of, quantity: 3, total: 113.85, payment_method: 'paypal', ...where };
const login = { type: 'login', user_id: 'U009', ...where };
const search = { type: 'search', user_id: 'U009', query: 'kettle', results: 1, ...where };

describe('events', () => {
  it.each([
    [productEvent, view],
    [productEvent, added],
    [productEvent, { ...added, type: 'remove_from_cart' }],
    [purchase, bought],
    [userEvent, login],
    [userEvent, { ...login, type: 'logout' }],
    [userEvent, search],
    [userEvent, { type: 'profile_update', user_id: 'U009', field: 'email', ...where }],
  ])('take what is as described', (type, event) => {
    expect(type.parse(event)).toEqual(event);
  });

  it.each([
    ['a view with a quantity', productEvent, { ...view, quantity: 1 }],
    ['a cart without a quantity', productEvent, { ...view, type: 'add_to_cart' }],
    ['a quantity of nothing', productEvent, { ...added, quantity: 0 }],
    ['half a quantity', productEvent, { ...added, quantity: 0.5 }],
    ['another type', productEvent, { ...view, type: 'purchase' }],
    ['a price with three decimals', productEvent, { ...view, price: 1.005 }],
    ['a price below nothing', productEvent, { ...view, price: -1 }],
    ['no region', productEvent, { ...view, region: undefined }],
    ['another customer type', productEvent, { ...view, customer_type: 'Gold' }],
    ['a time of milliseconds', productEvent, { ...view, timestamp: '2026-11-21T01:22:33.123Z' }],
    ['a time without a zone', productEvent, { ...view, timestamp: '2026-11-21T01:22:33.123456' }],
    ['a day that is none', productEvent, { ...view, timestamp: '2026-02-30T01:22:33.123456Z' }],
    ['a total a cent too high', purchase, { ...bought, total: 113.86 }],
    ['a total with a fault of binary numbers', purchase, { ...bought, total: 37.95 * 3 + 1e-12 }],
    ['an unknown payment', purchase, { ...bought, payment_method: 'shells' }],
    ['an unknown field', purchase, { ...bought, coupon: 'x' }],
    ['another user id', userEvent, { ...login, user_id: '9' }],
    ['a query of nothing', userEvent, { ...search, query: '' }],
    ['a query without results', userEvent, { ...search, results: undefined }],
    ['a login with a query', userEvent, { ...login, query: 'kettle' }],
    ['an unknown profile field', userEvent, { type: 'profile_update', user_id: 'U009', field: 'shoe', ...where }],
  ])('refuse %s', (_, type, event) => {
    expect(type.safeParse(event).success).toBe(false);
  });
});
