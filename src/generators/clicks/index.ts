import type { GeneratorParts, GeneratorSource } from '../../core/pipeline.js';
import { between, seededRandom } from '../../core/random.js';
import type { Click } from './event.js';
import { nextPage } from './site.js';

const USERS = 40;

function* visits({ seed, nowMicros }: GeneratorParts): Generator<Click, never> {
  const random = seededRandom(`${seed}/clicks`);
  const pages = new Map<string, string>();
  for (;;) {
    const user_id = `User_${between(random, 1, USERS)}`;
    const page = nextPage(random, pages.get(user_id));
    pages.set(user_id, page);
    yield { type: 'CLICK', user_id, page, timestamp: Math.floor(nowMicros()) / 1e6 };
  }
}

/** The clicks of some tens of visitors on their ways through the pages of a shop. */
export const clicks: GeneratorSource<Click> = {
  kind: 'generator',
  name: 'clicks',
  eventsPerSecond: 2,
  open: async (parts) => visits(parts),
};
