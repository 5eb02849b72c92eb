import fc from 'fast-check';
import { click } from '../../../src/generators/clicks/event.js';
import { clicks } from '../../../src/generators/clicks/index.js';
import { firstEvents } from '../first-events.js';

const CLICK = /^\{"type":"CLICK","user_id":"User_[1-9]\d?","page":"\/[a-z0-9/-]+","timestamp":\d{10}(\.\d{1,6})?\}$/;
const PAGE = /^\/(home|search|help|account(\/orders)?|cart|checkout(\/payment|\/confirmation)?|(category|product)\/[a-z0-9-]+)$/;

/** Where a visit can begin, and what only some pages lead to. */
const ENTRY = /^\/(home|category\/.+|product\/.+)$/;
const COMES_FROM: readonly (readonly [page: RegExp, from: RegExp])[] = [
  [/^\/search$/, /^\/(home|search|product\/.+)$/],
  [/^\/cart$/, /^\/(product\/.+|checkout)$/],
  [/^\/checkout$/, /^\/(cart|checkout\/payment)$/],
  [/^\/checkout\/payment$/, /^\/checkout$/],
  [/^\/checkout\/confirmation$/, /^\/checkout\/payment$/],
  [/^\/account$/, /^\/(home|help)$/],
  [/^\/account\/orders$/, /^\/(account|checkout\/confirmation)$/],
  [/^\/help$/, /^\/(home|account\/orders)$/],
];

const withoutTimes = (events: readonly { timestamp: number }[]) => events.map(({ timestamp: _, ...others }) => others);

describe('clicks', () => {
  it('come twice a second unless asked otherwise', () => {
    expect(clicks).toMatchObject({ kind: 'generator', name: 'clicks', eventsPerSecond: 2 });
  });

  it('have the form of a click, and fit its type after their travel', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (seed) => {
        for (const event of await firstEvents(clicks, 300, { seed })) {
          const text = JSON.stringify(event);
          expect(text).toMatch(CLICK);
          expect(event.page).toMatch(PAGE);
          expect(JSON.stringify(click.parse(JSON.parse(text)))).toBe(text);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('are the same for the same seed but for the time, and others for another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (seed, other) => {
        fc.pre(seed !== other);
        const first = withoutTimes(await firstEvents(clicks, 50, { seed }));
        const again = await firstEvents(clicks, 50, { seed, nowMicros: () => 1_000_000 });
        expect(withoutTimes(again)).toEqual(first);
        expect(again[49]?.timestamp).toBe(1);
        expect(withoutTimes(await firstEvents(clicks, 50, { seed: other }))).not.toEqual(first);
      }),
    );
  });

  it('tell their time to the microsecond, and no finer', async () => {
    const micros = fc.tuple(
      fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      fc.integer({ min: 0, max: 999_999 }),
      fc.constantFrom(0, 0.4),
    );
    await fc.assert(
      fc.asyncProperty(micros, async ([seconds, fraction, beyond]) => {
        const [event] = await firstEvents(clicks, 1, { nowMicros: () => seconds * 1_000_000 + fraction + beyond });
        const decimals = `.${String(fraction).padStart(6, '0')}`.replace(/\.?0+$/, '');
        expect(JSON.stringify(event)).toContain(`"timestamp":${seconds}${decimals}}`);
        expect(click.safeParse(event).success).toBe(true);
      }),
    );
  });

  it('are ways through the shop that a visitor can go', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (seed) => {
        const at = new Map<string, string>();
        for (const { user_id, page } of await firstEvents(clicks, 2_000, { seed })) {
          const from = at.get(user_id);
          at.set(user_id, page);
          if (ENTRY.test(page)) continue;
          const allowed = COMES_FROM.find(([to]) => to.test(page))?.[1] as RegExp;
          expect(`${page} from ${from}`).toMatch(new RegExp(`^${page} from ${allowed.source.slice(1)}`));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('are of some tens of visitors and pages; fewer buy than look', async () => {
    const events = await firstEvents(clicks, 50_000);
    const visitors = new Set(events.map(({ user_id }) => user_id)).size;
    expect(visitors).toBeGreaterThanOrEqual(20);
    expect(visitors).toBeLessThanOrEqual(99);
    expect(new Set(events.map(({ page }) => page)).size).toBeLessThan(60);
    const shareOf = (pages: RegExp) => events.filter(({ page }) => pages.test(page)).length / events.length;
    expect(shareOf(/^\/product/)).toBeGreaterThan(2 * shareOf(/^\/cart$/));
    expect(shareOf(/^\/cart$/)).toBeGreaterThan(shareOf(/^\/checkout$/));
    expect(shareOf(/^\/checkout$/)).toBeGreaterThan(shareOf(/confirmation$/));
    expect(shareOf(/confirmation$/)).toBeGreaterThan(0.005);
    expect(shareOf(/^\/home$/)).toBeGreaterThan(0.1);
    for (const [page] of COMES_FROM) expect(shareOf(page)).toBeGreaterThan(0);
  });
});
