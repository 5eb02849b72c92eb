import { join } from 'node:path';
import { readCatalogue } from '../../../src/generators/shop/catalogue.js';
import { productEvents } from '../../../src/generators/shop/product-events.js';
import { purchases } from '../../../src/generators/shop/purchases.js';
import { userEvents } from '../../../src/generators/shop/user-events.js';
import { dataDirectories, firstEvents } from '../first-events.js';

const product = { product_id: 'P011', name: 'Copper Kettle', category: 'Home', price: 37.95, brand: 'Hearth & Co', stock: 5 };
const user = {
  user_id: 'U009',
  name: 'Ines Carvalho',
  email: 'ines@example.com',
  region: 'South',
  customer_type: 'Premium',
  age: 33,
  interests: ['Home'],
};

const directory = dataDirectories();
const files = (products: unknown, users: unknown) =>
  directory({ 'shop-events/products.json': products, 'shop-events/users.json': users });

const refused = async (dataDirectory: string, name: string, why: RegExp, expected: string) => {
  const read = () => readCatalogue(join(dataDirectory, 'shop-events'));
  const found = expect.stringContaining(join(dataDirectory, 'shop-events', name));
  await expect(read()).rejects.toMatchObject({ code: 'DATA_FILE_INVALID', kind: 'configuration', found });
  await expect(read()).rejects.toThrow(why);
  await expect(read()).rejects.toThrow(expected);
};

describe('readCatalogue', () => {
  it.each([
    ['no JSON', '[\n{,', /line 2/],
    ['no list', {}, /the whole file/],
    ['an empty list', [], /holds nothing/],
    ['nothing in stock', [{ ...product, stock: 0 }], /has no product in stock/],
    ['an id twice', [product, { ...product, name: 'Other' }], /has P011 twice/],
    ['another id', [{ ...product, product_id: 'X011' }], /0\.product_id: must be P and at least three digits/],
    [
      'a price with three decimals',
      [product, { ...product, product_id: 'P012', price: 1.005 }],
      /1\.price: must have at most two/,
    ],
    ['a price of nothing', [{ ...product, price: 0 }], /0\.price/],
    ['a price that is text', [{ ...product, price: '37.95' }], /0\.price/],
    ['a price beyond all cents', [{ ...product, price: 1e15 }], /0\.price/],
    ['half a thing in stock', [{ ...product, stock: 1.5 }], /0\.stock/],
    ['less than nothing in stock', [{ ...product, stock: -1 }], /0\.stock/],
    ['a name of nothing', [{ ...product, name: '' }], /0\.name/],
    ['no category', [{ ...product, category: undefined }], /0\.category/],
    ['an unknown field', [{ ...product, colour: 'red' }], /colour/],
  ])('refuses products with %s', (_, content, why) =>
    refused(files(content, [user]), 'products.json', why, '"product_id": "P011"'),
  );

  it.each([
    ['no JSON', '[]]', /line 1/],
    ['an empty list', [], /holds nothing/],
    ['an id twice', [user, { ...user, user_id: 'U010' }, user], /has U009 twice/],
    ['another id', [{ ...user, user_id: 'U9' }], /0\.user_id: must be U and at least three digits/],
    ['another region', [{ ...user, region: 'Centre' }], /0\.region/],
    ['another customer type', [{ ...user, customer_type: 'vip' }], /0\.customer_type/],
    ['no address', [{ ...user, email: 'ines' }], /0\.email/],
    ['no age', [{ ...user, age: 'old' }], /0\.age/],
    ['interests that are text', [{ ...user, interests: 'Home' }], /0\.interests/],
    ['an unknown field', [{ ...user, nick: 'i' }], /nick/],
  ])('refuses users with %s', (_, content, why) => refused(files([product], content), 'users.json', why, '"user_id": "U009"'));

  it('refuses files that are not there', async () => {
    await refused(directory({}), 'products.json', /ENOENT/, '"product_id": "P011"');
    await refused(directory({ 'shop-events/products.json': [product] }), 'users.json', /ENOENT/, '"user_id": "U009"');
  });
});

describe('the sources', () => {
  it('refuse what cannot be read before the first event', async () => {
    const dataDirectory = files([product], '');
    for (const source of [productEvents, purchases, userEvents]) {
      await expect(firstEvents(source as typeof userEvents, 1, { dataDirectory })).rejects.toMatchObject({
        kind: 'configuration',
      });
    }
  });

  it('run with one product and one user', async () => {
    const dataDirectory = files([{ ...product, stock: 1 }], [user]);
    const bought = await firstEvents(purchases, 500, { dataDirectory });
    expect(bought.every(({ user_id, total }) => user_id === 'U009' && total === 37.95)).toBe(true);
    expect((await firstEvents(productEvents, 500, { dataDirectory })).length).toBe(500);
    expect((await firstEvents(userEvents, 500, { dataDirectory }))[0]).toMatchObject({ type: 'login' });
  });

  it('have the paces and counts of a run without wishes', () => {
    expect(productEvents).toMatchObject({ kind: 'generator', name: 'product-events', eventsPerSecond: 4 / 3, count: 40 });
    expect(purchases).toMatchObject({ kind: 'generator', name: 'purchases', eventsPerSecond: 0.5, count: 15 });
    expect(userEvents).toMatchObject({ kind: 'generator', name: 'user-events', eventsPerSecond: 1, count: 30 });
  });
});
