import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Details } from '../../../src/generators/game-actions/event.js';
import { sentenceOf } from '../../../src/generators/game-actions/sentence.js';
import { DATA } from '../first-events.js';

const told = (action: string, details: Details = {}, player = 'Alice') =>
  sentenceOf({ player, action, details, ts_utc: '2025-12-20T11:45:25.964046+00:00' });

describe('sentenceOf', () => {
  it('tells every action of the shipped file', () => {
    const actions: { action: string }[] = JSON.parse(readFileSync(join(DATA, 'game-actions', 'actions.json'), 'utf8'));
    const lines = actions.map(({ action, ...details }) => told(action, details));
    expect(lines).toEqual([
      'Alice moves 3 steps north',
      'Alice moves 1 step east',
      'Alice moves 5 steps south',
      'Alice moves 2 steps west',
      'Alice picks up a Healing potion',
      'Alice picks up 12 x arrow',
      'Alice picks up an iron key',
      'Alice opens the cellar door with an iron key',
      'Alice opens the old chest',
      'Alice attacks the goblin with an axe for 12',
      'Alice attacks the skeleton with a bow for 7',
      'Alice attacks the dragon with a sword for 31 (critical: yes)',
      'Alice casts Frost Ray at the dragon for 18',
      'Alice casts Light',
      'Alice heals the wounded knight by 25',
      'Alice uses a Healing potion',
      'Alice uses a rope on the well',
      'Alice puts on a Steel helmet',
      'Alice drops 2 x torch',
      'Alice crafts a wooden shield',
      'Alice buys 3 x apple from the merchant for 6 gold',
      'Alice talks to the innkeeper about the lost ring',
      'Alice says "Follow me!"',
      'Alice rests at the inn for 10 minutes',
      'Alice climbs (over: the castle wall, height m: 7.5)',
    ]);
  });

  it.each([
    ['move', {}, 'Alice moves'],
    ['move', { direction: 'up', carefully: true }, 'Alice moves up (carefully: yes)'],
    ['attack', { damage: 3, target: 'Sir Kay' }, 'Alice attacks Sir Kay for 3'],
    ['attack', { target: 'the king', weapon: 'a spoon' }, 'Alice attacks the king with a spoon'],
    ['attack', { target: 'theatre critic', weapon: 'unicorn horn' }, 'Alice attacks the theatre critic with a unicorn horn'],
    ['pick_up', { item: 'hour glass' }, 'Alice picks up an hour glass'],
    ['pick_up', { item: '3 coins' }, 'Alice picks up 3 coins'],
    ['pick_up', { quantity: 2 }, 'Alice picks up (quantity: 2)'],
    ['rest', { minutes: 1 }, 'Alice rests for 1 minute'],
    ['buy', { item: 'one-way ticket', price: 2 }, 'Alice buys a one-way ticket for 2 gold'],
  ])('tells %s of %j with what is there', (action, details, line) => {
    expect(told(action, details as Details)).toBe(line);
  });

  it.each([
    ['dance', { style: 'polka', with_audience: false }, 'Alice dances (style: polka, with audience: no)'],
    ['build_bridge', { length_m: 4.5 }, 'Alice builds bridge (length m: 4.5)'],
    ['carry', {}, 'Alice carries'],
    ['play', {}, 'Alice plays'],
    ['catch', {}, 'Alice catches'],
    ['go_home', {}, 'Alice goes home'],
    ['pass', {}, 'Alice passes'],
    ['jumps', {}, 'Alice jumps'],
    ['constructor', {}, 'Alice constructors'],
  ])('tells %s, which it does not know', (action, details, line) => {
    expect(told(action, details as Details)).toBe(line);
  });

  it('leaves nothing out, whatever people write into the file', () => {
    const known = [
      'move',
      'attack',
      'pick_up',
      'drop',
      'use',
      'equip',
      'craft',
      'buy',
      'open',
      'cast',
      'heal',
      'talk',
      'say',
      'rest',
    ];
    const fields = [
      'steps',
      'direction',
      'target',
      'weapon',
      'damage',
      'item',
      'seller',
      'price',
      'object',
      'key',
      'spell',
      'health',
    ];
    const others = ['to', 'about', 'text', 'place', 'minutes', 'constructor', 'colour'];
    const value = fc.oneof(fc.string({ minLength: 1 }), fc.integer({ min: 2 }), fc.boolean());
    const details = fc.dictionary(fc.constantFrom(...fields, ...others, 'quantity'), value);
    fc.assert(
      fc.property(fc.constantFrom(...known, 'dance', 'to_string'), details, (action, all) => {
        const line = told(action, all, 'Bob');
        expect(line.startsWith('Bob ')).toBe(true);
        for (const one of Object.values(all)) expect(line).toContain(one === true ? 'yes' : one === false ? 'no' : String(one));
        expect(line).not.toMatch(/undefined|\[native code\]/);
      }),
    );
  });
});
