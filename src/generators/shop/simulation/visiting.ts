import { oneOf } from '../../../core/random.js';
import { PAYMENT_METHODS } from '../events/purchase.js';
import { PROFILE_FIELDS } from '../events/user-event.js';
import { MOST_VISITS, type Shopper } from './shopper.js';
import { anySession, isSettled, nextProduct, type Session, type Step, takeOut, type World } from './world.js';

const MOST_ONLINE = 8;
const FEW_ONLINE = 4;
const PROFILE_SHARE = 0.08;
const TRIES = 6;
/** In user events of everybody. */
const SHORTEST_VISIT = 4;

/** Somebody who is away; those who visit often sooner. */
const drawAway = ({ random, away }: World): Shopper => {
  let at = 0;
  for (let tried = 0; tried < TRIES; tried += 1) {
    at = Math.floor(random() * away.length);
    if (random() * MOST_VISITS < (away[at] as Shopper).visits) break;
  }
  return takeOut(away, at);
};

const login = (world: World): Step => {
  const { random, name, userEvents } = world;
  world.sessions += 1;
  const session: Session = {
    id: `S-${name}-${String(world.sessions).padStart(6, '0')}`,
    shopper: drawAway(world),
    paymentMethod: oneOf(random, PAYMENT_METHODS),
    since: userEvents,
    cart: [],
    found: undefined,
    viewed: undefined,
    bought: undefined,
  };
  world.online.push(session);
  return { type: 'login', session };
};

/** Somebody settled has to stay, and something in a cart: the next events need them. */
const mayLeave = (world: World, session: Session): boolean =>
  world.userEvents - session.since > SHORTEST_VISIT &&
  (session.cart.length === 0 || session.cart.length < world.lines) &&
  world.online.some((other) => other !== session && isSettled(world, other));

const logout = (world: World): Step | undefined => {
  const session = anySession(world, (one) => mayLeave(world, one));
  if (session === undefined) return undefined;
  takeOut(world.online, world.online.indexOf(session));
  world.away.push(session.shopper);
  world.lines -= session.cart.length;
  return { type: 'logout', session };
};

const search = (world: World, session: Session): Step => {
  const product = nextProduct(world, session);
  session.found = product;
  return { type: 'search', session, query: oneOf(world.random, [product.name, product.category, product.brand]) };
};

/** The next user event. Somebody is online afterwards, for ever from the first login on. */
export const visit = (world: World): Step => {
  world.userEvents += 1;
  const { random, online, away } = world;
  if (online.length === 0) return login(world);
  const chance = random();
  const few = online.length < FEW_ONLINE;
  if (chance < (few ? 0.4 : 0.2)) {
    if (away.length > 0 && online.length < MOST_ONLINE) return login(world);
  } else if (chance < (few ? 0.5 : 0.4)) {
    const left = logout(world);
    if (left !== undefined) return left;
  }
  const session = oneOf(random, online);
  return chance > 1 - PROFILE_SHARE
    ? { type: 'profile_update', session, field: oneOf(random, PROFILE_FIELDS) }
    : search(world, session);
};
