import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type GameAction, gameAction } from '../../../src/generators/game-actions/event.js';
import { gameActions } from '../../../src/generators/game-actions/index.js';
import { DATA, dataDirectories, firstEvents, START_MICROS } from '../first-events.js';

type Listed = Readonly<Record<string, string | number | boolean>>;

const shipped = (name: string) => JSON.parse(readFileSync(join(DATA, 'game-actions', name), 'utf8'));
const ACTIONS: readonly Listed[] = shipped('actions.json');
const PLAYERS: readonly string[] = shipped('players.json');

const VALUE = /(?:"(?:[^"\\]|\\.)+"|-?\d+(?:\.\d+)?|true|false)/.source;
const DETAILS = `\\{(?:"[a-z][a-z0-9_]*":${VALUE}(?:,"[a-z][a-z0-9_]*":${VALUE})*)?\\}`;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00/.source;
const EVENT = new RegExp(`^\\{"player":"[^"]+","action":"[a-z][a-z0-9_]*","details":${DETAILS},"ts_utc":"${TIME}"\\}$`);

const withoutTimes = (events: readonly GameAction[]) => events.map(({ ts_utc: _, ...others }) => others);

/** The line of the file that an event was made of, written as in the file. */
const lineOf = ({ action, details }: GameAction): string => JSON.stringify({ action, ...details });

describe('game actions', () => {
  const withFiles = dataDirectories();
  const withActions = (actions: unknown) =>
    withFiles({ 'game-actions/actions.json': actions, 'game-actions/players.json': ['Alice', 'Bob'] });

  it('come twice a second unless asked otherwise', () => {
    expect(gameActions).toMatchObject({ kind: 'generator', name: 'game-actions', eventsPerSecond: 2 });
  });

  it('have their form in either order, and fit their type after their travel', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.constantFrom('random', 'file'), async (seed, order) => {
        for (const event of await firstEvents(gameActions, 200, { seed, order })) {
          const text = JSON.stringify(event);
          expect(text).toMatch(EVENT);
          expect(PLAYERS).toContain(event.player);
          expect(JSON.stringify(gameAction.parse(JSON.parse(text)))).toBe(text);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('are the same for the same seed but for the time, and others for another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), fc.constantFrom('random', 'file'), async (seed, other, order) => {
        fc.pre(seed !== other);
        const first = withoutTimes(await firstEvents(gameActions, 50, { seed, order }));
        expect(withoutTimes(await firstEvents(gameActions, 50, { seed, order, nowMicros: () => 0 }))).toEqual(first);
        expect(withoutTimes(await firstEvents(gameActions, 50, { seed: other, order }))).not.toEqual(first);
      }),
      { numRuns: 20 },
    );
  });

  it('carry the time at which they were made, to the microsecond', async () => {
    const events = await firstEvents(gameActions, 2);
    expect(events.map(({ ts_utc }) => ts_utc)).toEqual(['2025-12-20T11:45:25.964046+00:00', '2025-12-20T11:45:26.964047+00:00']);
    const [event] = await firstEvents(gameActions, 1, { nowMicros: () => START_MICROS + 0.75 });
    expect(event?.ts_utc).toBe('2025-12-20T11:45:25.964046+00:00');
  });

  it('are replayed as they stand in the file, and again from its top', async () => {
    const events = await firstEvents(gameActions, 3 * ACTIONS.length, { order: 'file' });
    const lines = ACTIONS.map((action) => JSON.stringify(action));
    expect(events.map(lineOf)).toEqual([...lines, ...lines, ...lines]);
  });

  it('are drawn from all of the file at random, for all players', async () => {
    const events = await firstEvents(gameActions, 5_000);
    expect(new Set(events.map(lineOf))).toEqual(new Set(ACTIONS.map((action) => JSON.stringify(action))));
    expect(events.slice(0, ACTIONS.length).map(lineOf)).not.toEqual(ACTIONS.map((action) => JSON.stringify(action)));
    expect(new Set(events.map(({ player }) => player))).toEqual(new Set(PLAYERS));
  });

  it('may be invented, with fields of one’s own', async () => {
    const field = fc
      .stringMatching(/^[a-z]{1,8}(_[a-z0-9]{1,8})?$/)
      .filter((name) => !['action', 'player', 'ts_utc'].includes(name));
    const value = fc.oneof(fc.string({ minLength: 1, maxLength: 80 }), fc.integer(), fc.boolean());
    const action = fc
      .tuple(
        fc.stringMatching(/^[a-z]{1,10}$/),
        fc.uniqueArray(fc.tuple(field, value), { selector: ([name]) => name, maxLength: 6 }),
      )
      .map(([name, fields]): Listed => ({ action: name, ...Object.fromEntries(fields) }));
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 8 }), async (actions) => {
        const dataDirectory = withActions(actions);
        const events = await firstEvents(gameActions, actions.length + 1, { dataDirectory, order: 'file' });
        expect(events.map(lineOf)).toEqual([...actions, actions[0]].map((one) => JSON.stringify(one)));
        for (const event of events) expect(gameAction.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
      }),
      { numRuns: 50 },
    );
  });

  it('of the shipped file are at least 20, of at least 8 kinds', () => {
    expect(ACTIONS.length).toBeGreaterThanOrEqual(20);
    expect(new Set(ACTIONS.map(({ action }) => action)).size).toBeGreaterThanOrEqual(8);
    expect(PLAYERS.length).toBeGreaterThanOrEqual(4);
  });

  it('may stand in the file twice', async () => {
    const dataDirectory = withActions([{ action: 'wait' }, { action: 'wait' }, { action: 'run' }]);
    const events = await firstEvents(gameActions, 3, { dataDirectory, order: 'file' });
    expect(events.map(({ action }) => action)).toEqual(['wait', 'wait', 'run']);
  });

  it('may have no details at all', async () => {
    const events = await firstEvents(gameActions, 1, { dataDirectory: withActions([{ action: 'sing' }]) });
    expect(events[0]).toMatchObject({ action: 'sing', details: {} });
  });
});
