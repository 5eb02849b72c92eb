import { join } from 'node:path';
import type { BridgeError } from '../../../src/core/errors.js';
import { gameActions } from '../../../src/generators/game-actions/index.js';
import { dataDirectories, firstEvents } from '../first-events.js';

const move = { action: 'move', direction: 'north', steps: 3 };

describe('the files of game actions', () => {
  const withFiles = dataDirectories();

  const refusal = async (files: Readonly<Record<string, unknown>>): Promise<BridgeError & { directory: string }> => {
    const directory = withFiles(files);
    const error = await firstEvents(gameActions, 1, { dataDirectory: directory }).then(
      () => undefined,
      (failed: BridgeError) => failed,
    );
    return Object.assign(error ?? new Error('not refused'), { directory }) as BridgeError & { directory: string };
  };

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '[\n{ "action": "move" },\n', /line 3: /],
    ['no list', move, /the whole file: /],
    ['no action at all', [], /the whole file: /],
    ['an action without a name', [move, { steps: 3 }], /1\.action: /],
    ['an action with a name of two words', [{ action: 'Pick up' }], /0\.action: must be lower-case words joined by _/],
    ['a nested field', [move, move, { ...move, at: { x: 1 } }], /2\.at: must be text of 1 to 200 characters, a number/],
    ['a field of nothing', [{ ...move, steps: null }], /0\.steps: must be text/],
    ['an empty text', [{ ...move, direction: '' }], /0\.direction: must be text/],
    ['a text without end', [{ ...move, direction: 'x'.repeat(201) }], /0\.direction: must be text/],
    ['a number that JSON would change', '[{ "action": "win", "points": 12345678901234567890 }]', /0\.points: .*15 digits/],
    ['a number beyond all', '[{ "action": "win", "points": 1e999 }]', /0\.points: .*15 digits/],
    ['a field name with a capital', [{ ...move, Speed: 3 }], /0\.Speed: the name of this field must be lower-case/],
    ['a field name that is a number', [move, { ...move, 1: 3 }], /1\.1: the name of this field must be lower-case/],
    ['a player', [{ ...move, player: 'Alice' }], /0\.player: the name of this field is added to each action: leave it out/],
    ['a time', [{ ...move, ts_utc: 'now' }], /0\.ts_utc: the name of this field is added/],
  ])('refuse %s among the actions', async (_, actions, why) => {
    const error = await refusal({ 'game-actions/actions.json': actions, 'game-actions/players.json': ['Alice'] });
    expect(error).toMatchObject({ code: 'DATA_FILE_INVALID', kind: 'configuration' });
    expect(error.found).toContain(join(error.directory, 'game-actions', 'actions.json'));
    expect(error.found).toMatch(why);
    expect(error.fix).toContain('{ "action": "move", "direction": "north", "steps": 3 }');
    expect(error.fix).toContain('the player and the time are added');
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '[\n"Alice"\n"Bob"]', /line 3: /],
    ['no list', { Alice: 1 }, /the whole file: /],
    ['nobody', [], /the whole file: /],
    ['a number', ['Alice', 2], /: 1: /],
    ['an empty name', ['Alice', ''], /: 1: must be text of 1 to 40 characters/],
    ['a name with a blank before it', [' Alice'], /: 0: must be text/],
    ['a name without end', ['x'.repeat(41)], /: 0: must be text/],
    ['a name twice', ['Alice', 'Bob', 'Alice'], /: 2: 'Alice' is there already/],
  ])('refuse %s among the players', async (_, players, why) => {
    const error = await refusal({ 'game-actions/actions.json': [move], 'game-actions/players.json': players });
    expect(error).toMatchObject({ code: 'DATA_FILE_INVALID', kind: 'configuration' });
    expect(error.found).toContain(join(error.directory, 'game-actions', 'players.json'));
    expect(error.found).toMatch(why);
    expect(error.fix).toContain('["Alice", "Bob"]');
  });

  it.each([
    ['actions.json', { 'game-actions/players.json': ['Alice'] }],
    ['players.json', { 'game-actions/actions.json': [move] }],
  ])('have to be there: %s', async (name, others) => {
    const error = await refusal(others);
    expect(error).toMatchObject({ code: 'DATA_FILE_INVALID', kind: 'configuration' });
    expect(error.found).toContain(join(error.directory, 'game-actions', name));
  });
});
