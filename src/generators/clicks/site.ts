import { oneOf, type Random } from '../../core/random.js';

/** A page, and how often out of all ways of its list it is gone to. */
type Way = readonly [page: string, weight: number];

const SHELVES: Readonly<Record<string, readonly string[]>> = {
  computers: ['laptop-13', 'laptop-15', 'tablet-10', 'monitor-27'],
  audio: ['headphones', 'earbuds', 'speaker', 'record-player'],
  kitchen: ['kettle', 'toaster', 'blender', 'coffee-machine'],
  garden: ['lawn-mower', 'hose-25m', 'garden-chair', 'barbecue'],
  books: ['cookbook', 'crime-novel', 'travel-guide', 'atlas'],
};

const CATEGORIES = Object.keys(SHELVES).map((name) => `/category/${name}`);
const PRODUCTS = Object.values(SHELVES).flatMap((names) => names.map((name) => `/product/${name}`));

const eachOf = (pages: readonly string[], weight: number): readonly Way[] => pages.map((page) => [page, weight]);
const spread = (ways: readonly Way[]): readonly string[] => ways.flatMap(([page, weight]) => Array(weight).fill(page));

/** The end of a visit: the next click begins another one. */
const LEAVE = '';

/** Where visits begin: mostly at home, now and then from an advertisement. */
const ENTRIES = spread([['/home', 70], ...eachOf(CATEGORIES, 3), ...eachOf(PRODUCTS, 1)]);

const ofCategories: readonly (readonly [string, readonly Way[]])[] = Object.entries(SHELVES).map(([name, products]) => [
  `/category/${name}`,
  [
    ...eachOf(
      products.map((product) => `/product/${product}`),
      16,
    ),
    ...eachOf(CATEGORIES, 3),
    ['/home', 6],
    [LEAVE, 12],
  ],
]);

const ofProducts: readonly (readonly [string, readonly Way[]])[] = Object.entries(SHELVES).flatMap(([name, products]) =>
  products.map((product): readonly [string, readonly Way[]] => [
    `/product/${product}`,
    [['/cart', 22], [`/category/${name}`, 34], ...eachOf(PRODUCTS, 1), ['/search', 6], ['/home', 6], [LEAVE, 14]],
  ]),
);

const OTHERS: Readonly<Record<string, readonly Way[]>> = {
  '/home': [...eachOf(CATEGORIES, 11), ...eachOf(PRODUCTS, 1), ['/search', 18], ['/account', 5], ['/help', 2], [LEAVE, 8]],
  '/search': [...eachOf(PRODUCTS, 4), ['/search', 12], ['/home', 4], [LEAVE, 8]],
  '/cart': [...eachOf(CATEGORIES, 5), ['/checkout', 50], ['/home', 8], [LEAVE, 17]],
  '/checkout': [
    ['/checkout/payment', 75],
    ['/cart', 12],
    [LEAVE, 13],
  ],
  '/checkout/payment': [
    ['/checkout/confirmation', 85],
    ['/checkout', 8],
    [LEAVE, 7],
  ],
  '/checkout/confirmation': [
    ['/account/orders', 20],
    ['/home', 20],
    [LEAVE, 60],
  ],
  '/account': [
    ['/account/orders', 50],
    ['/home', 30],
    [LEAVE, 20],
  ],
  '/account/orders': [
    ['/help', 15],
    ['/home', 35],
    [LEAVE, 50],
  ],
  '/help': [
    ['/account', 20],
    ['/home', 30],
    [LEAVE, 50],
  ],
};

const SITE: ReadonlyMap<string, readonly string[]> = new Map(
  [...ofCategories, ...ofProducts, ...Object.entries(OTHERS)].map(([page, ways]) => [page, spread(ways)]),
);

/** The page that a visitor goes to from another one, or first of all when there is none. */
export const nextPage = (random: Random, from: string | undefined): string => {
  const next = from === undefined ? LEAVE : oneOf(random, SITE.get(from) ?? [LEAVE]);
  return next === LEAVE ? oneOf(random, ENTRIES) : next;
};
