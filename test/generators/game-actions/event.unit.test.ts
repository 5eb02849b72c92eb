import { gameAction } from '../../../src/generators/game-actions/event.js';

const good = { player: 'Alice', action: 'move', details: { steps: 3, fast: true }, ts_utc: '2025-12-20T11:45:25.964046+00:00' };

describe('the type of a game action', () => {
  it('keeps the order of its fields, and of the details as they come', () => {
    const mixed = { ts_utc: good.ts_utc, details: { steps: 3, direction: 'up' }, action: 'pick_up', player: 'Zoë van Dijk' };
    const details = '"details":{"steps":3,"direction":"up"}';
    const text = `{"player":"Zoë van Dijk","action":"pick_up",${details},"ts_utc":"${good.ts_utc}"}`;
    expect(JSON.stringify(gameAction.parse(mixed))).toBe(text);
    expect(gameAction.parse(good)).toEqual(good);
    expect(gameAction.safeParse({ ...good, details: {} }).success).toBe(true);
  });

  it.each([
    ['nobody', { player: '' }, 'player'],
    ['a player with blanks around the name', { player: ' Alice' }, 'player'],
    ['a player with a line in the name', { player: 'Ali\nce' }, 'player'],
    ['a player whose name has no end', { player: 'x'.repeat(41) }, 'player'],
    ['an action in capitals', { action: 'MOVE' }, 'action'],
    ['an action with a blank', { action: 'pick up' }, 'action'],
    ['an action without end', { action: 'x'.repeat(41) }, 'action'],
    ['a nested detail', { details: { at: { x: 1 } } }, 'details.at'],
    ['a list as detail', { details: { items: ['axe'] } }, 'details.items'],
    ['a detail of nothing', { details: { item: null } }, 'details.item'],
    ['an empty detail', { details: { item: '' } }, 'details.item'],
    ['a detail without end', { details: { item: 'x'.repeat(201) } }, 'details.item'],
    ['a number that JSON changes', { details: { points: 2 ** 60 } }, 'details.points'],
    ['a detail with a capital name', { details: { Item: 'axe' } }, 'details.Item'],
    ['details that are a list', { details: ['axe'] }, 'details'],
    ['a time in milliseconds', { ts_utc: '2025-12-20T11:45:25.964+00:00' }, 'ts_utc'],
    ['a time with Z', { ts_utc: '2025-12-20T11:45:25.964046Z' }, 'ts_utc'],
    ['a time elsewhere', { ts_utc: '2025-12-20T11:45:25.964046+01:00' }, 'ts_utc'],
    ['a day that is none', { ts_utc: '2025-02-29T11:45:25.964046+00:00' }, 'ts_utc'],
    ['a field more', { extra: 1 }, ''],
    ['a field less', { details: undefined }, 'details'],
  ])('refuses %s', (_, change, field) => {
    const { error } = gameAction.safeParse({ ...good, ...change });
    expect(error?.issues[0]?.path.join('.')).toBe(field);
  });
});
