import { counted, doing, plain, type Value, withA, withThe, words } from './english.js';
import type { Details, GameAction } from './event.js';

/** A part of a sentence: which fields it tells, how, and nothing when the first of them is not there. */
type Part = Readonly<{ fields: readonly string[]; text: (details: Details) => string }>;
type Phrase = Readonly<{ verb: string; parts: readonly Part[] }>;

const part = (field: string, say: (value: Value) => string = plain): Part => ({
  fields: [field],
  text: (details) => say(details[field] ?? ''),
});

/** `a Healing potion`, `3 x Healing potion`. */
const things = (field = 'item'): Part => ({
  fields: [field, 'quantity'],
  text: ({ [field]: thing = '', quantity = 1 }) => (quantity === 1 ? withA(thing) : `${plain(quantity)} x ${plain(thing)}`),
});

const phrase = (verb: string, ...parts: readonly Part[]): Phrase => ({ verb, parts });

const PHRASES: ReadonlyMap<string, Phrase> = new Map([
  [
    'move',
    phrase(
      'moves',
      part('steps', (steps) => counted(steps, 'step')),
      part('direction'),
    ),
  ],
  [
    'attack',
    phrase(
      'attacks',
      part('target', withThe),
      part('weapon', (one) => `with ${withA(one)}`),
      part('damage', (by) => `for ${plain(by)}`),
    ),
  ],
  ['pick_up', phrase('picks up', things())],
  ['drop', phrase('drops', things())],
  [
    'use',
    phrase(
      'uses',
      things(),
      part('target', (on) => `on ${withThe(on)}`),
    ),
  ],
  ['equip', phrase('puts on', things())],
  ['craft', phrase('crafts', things())],
  [
    'buy',
    phrase(
      'buys',
      things(),
      part('seller', (from) => `from ${withThe(from)}`),
      part('price', (gold) => `for ${plain(gold)} gold`),
    ),
  ],
  [
    'open',
    phrase(
      'opens',
      part('object', withThe),
      part('key', (key) => `with ${withA(key)}`),
    ),
  ],
  [
    'cast',
    phrase(
      'casts',
      part('spell'),
      part('target', (at) => `at ${withThe(at)}`),
      part('damage', (by) => `for ${plain(by)}`),
    ),
  ],
  [
    'heal',
    phrase(
      'heals',
      part('target', withThe),
      part('health', (by) => `by ${plain(by)}`),
    ),
  ],
  [
    'talk',
    phrase(
      'talks',
      part('to', (to) => `to ${withThe(to)}`),
      part('about', (topic) => `about ${plain(topic)}`),
    ),
  ],
  [
    'say',
    phrase(
      'says',
      part('text', (text) => `"${plain(text)}"`),
    ),
  ],
  [
    'rest',
    phrase(
      'rests',
      part('place', (at) => `at ${withThe(at)}`),
      part('minutes', (time) => `for ${counted(time, 'minute')}`),
    ),
  ],
]);

/** One action as a line: `Alice moves 3 steps north`. What its phrase does not tell follows in brackets: nothing is left out. */
export const sentenceOf = ({ player, action, details }: GameAction): string => {
  const { verb, parts } = PHRASES.get(action) ?? phrase(doing(action));
  const told = parts.filter(({ fields: [first = ''] }) => Object.hasOwn(details, first));
  const said = new Set(told.flatMap(({ fields }) => fields));
  const others = Object.entries(details).filter(([field]) => !said.has(field));
  const rest = others.map(([field, value]) => `${words(field)}: ${plain(value)}`).join(', ');
  return [player, verb, ...told.map(({ text }) => text(details)), ...(rest === '' ? [] : [`(${rest})`])].join(' ');
};
