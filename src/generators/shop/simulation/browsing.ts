import { between, oneOf } from '../../../core/random.js';
import { addLine, fitsCart, takeFromLine } from './cart.js';
import { quantityFor } from './shopper.js';
import { anySession, isSettled, type Line, nextProduct, type Session, type Step, type World } from './world.js';

/** The fuller the carts, the less is added: so as much goes in as is bought, removed and left behind. */
const addShare = (lines: number): number => (lines < 3 ? 0.6 : lines < 6 ? 0.45 : lines < 10 ? 0.35 : 0.15);
const REMOVE_SHARE = 0.06;

const settled = (world: World): Session =>
  // Only at the very beginning nobody is settled: the first user acts at once.
  anySession(world, (session) => isSettled(world, session)) ?? (world.online[0] as Session);

const add = (world: World, session: Session, product = session.viewed): Step | undefined => {
  if (product === undefined) return undefined;
  const quantity = quantityFor(world.random, session.shopper, product);
  addLine(world, session, product, quantity);
  return { type: 'add_to_cart', session, product, quantity };
};

const addViewed = (world: World): Step | undefined => {
  const session = anySession(world, (one) => one.viewed !== undefined && fitsCart(one, one.viewed));
  return session && add(world, session);
};

/** Straight into the cart, out of a list: what he looked at, else what he likes. */
const addFromList = (world: World): Step => {
  const { random, inStock } = world;
  const session = settled(world);
  const wish = session.viewed ?? session.found ?? nextProduct(world, session);
  return add(world, session, wish.stock > 0 ? wish : oneOf(random, inStock)) as Step;
};

/** Only where another line stays: a purchase may be next. */
const remove = (world: World): Step | undefined => {
  if (world.lines < 2) return undefined;
  const session = anySession(world, (one) => one.cart.length > 0);
  if (session === undefined) return undefined;
  const line = oneOf(world.random, session.cart) as Line;
  const quantity = between(world.random, 1, line.quantity);
  takeFromLine(world, session, line, quantity);
  return { type: 'remove_from_cart', session, product: line.product, quantity };
};

const view = (world: World): Step => {
  const session = settled(world);
  const product = session.found ?? nextProduct(world, session);
  session.found = undefined;
  session.viewed = product;
  return { type: 'view', session, product };
};

/** The next product event. With `fill`, at least one line is in some cart afterwards. */
export const browse = (world: World, fill: boolean): Step => {
  world.productEvents += 1;
  if (fill && world.lines === 0) return addFromList(world);
  const chance = world.random();
  const wanted = chance < addShare(world.lines) ? addViewed(world) : chance > 1 - REMOVE_SHARE ? remove(world) : undefined;
  return wanted ?? view(world);
};
