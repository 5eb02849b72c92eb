import { between } from '../../../core/random.js';
import { takeFromLine } from './cart.js';
import { anySession, type Line, type Step, type World } from './world.js';

const PART_SHARE = 0.15;

/** Bought at the earliest one product event after it was added; only the very first purchase follows at once. */
const isRipe = ({ productEvents }: World, line: Line | undefined): boolean =>
  line !== undefined && (line.since < productEvents || productEvents === 1);

/** The next purchase: the oldest line of some cart, mostly all of it. The timetable has made sure that there is one. */
export const buy = (world: World): Step => {
  const { random } = world;
  const session = anySession(world, ({ cart }) => isRipe(world, cart[0]));
  const line = session?.cart[0];
  if (session === undefined || line === undefined) throw new RangeError('nothing lies in any cart');
  const quantity = random() < PART_SHARE ? between(random, 1, line.quantity) : line.quantity;
  takeFromLine(world, session, line, quantity);
  session.bought = line.product;
  return { type: 'purchase', session, product: line.product, quantity };
};
