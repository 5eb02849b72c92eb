import type { Catalogue } from './catalogue.js';
import type { UserEvent } from './events/user-event.js';
import { type EventOf, shopSource } from './source.js';

/** Counts the products whose name, category or brand holds a text, whatever its case. */
const resultsOf = ({ products }: Catalogue): ((query: string) => number) => {
  const texts = products.map(({ name, category, brand }) => `${name}\n${category}\n${brand}`.toLowerCase());
  const known = new Map<string, number>();
  return (query) => {
    const before = known.get(query);
    if (before !== undefined) return before;
    const results = texts.filter((text) => text.includes(query)).length;
    known.set(query, results);
    return results;
  };
};

const eventsOf = (catalogue: Catalogue): EventOf<UserEvent> => {
  const count = resultsOf(catalogue);
  return (step, now) => {
    const { type, session } = step;
    if (type !== 'login' && type !== 'logout' && type !== 'search' && type !== 'profile_update') return undefined;
    const { user_id, region, customer_type } = session.shopper.user;
    const where = { region, customer_type, session_id: session.id, timestamp: now() };
    if (type === 'profile_update') return { type, user_id, field: step.field, ...where };
    if (type !== 'search') return { type, user_id, ...where };
    const query = step.query.toLowerCase();
    return { type, user_id, query, results: count(query), ...where };
  };
};

/** Visits from login to logout, with what people search and what they change in their profiles. */
export const userEvents = shopSource<UserEvent>({ name: 'user-events', eventsPerSecond: 1, count: 30 }, eventsOf);
