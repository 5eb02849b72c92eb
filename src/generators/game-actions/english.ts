import type { Details } from './event.js';

export type Value = Details[string];

/** A name of the data in words: `pick_up` is `pick up`. */
export const words = (name: string): string => name.replaceAll('_', ' ');

export const plain = (value: Value): string => (typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value));

const STANDS_ALONE = /^(?:the|an?|some|his|her|its|their|\d+)\b/i;

/** With `a` or `an`, unless the text brings its own article or number. */
export const withA = (value: Value): string => {
  const text = plain(value);
  if (STANDS_ALONE.test(text)) return text;
  const vowel = /^(?:[aeio]|u(?!ni|s[ei])|hour|heir|honest)/i.test(text) && !/^(?:one|once|eu)/i.test(text);
  return `${vowel ? 'an' : 'a'} ${text}`;
};

/** With `the`, unless the text is a name or brings its own article or number. */
export const withThe = (value: Value): string => {
  const text = plain(value);
  return STANDS_ALONE.test(text) || /^\p{Lu}/u.test(text) ? text : `the ${text}`;
};

/** `3 steps`, `1 step`. */
export const counted = (value: Value, one: string): string => `${plain(value)} ${one}${value === 1 ? '' : 's'}`;

/** What somebody does who does that: `carry` is `carries`. A word that seems to have its ending keeps it. */
const thirdPerson = (verb: string): string => {
  if (/[^s]s$/.test(verb)) return verb;
  if (/(?:ss|x|z|ch|sh|o)$/.test(verb)) return `${verb}es`;
  return /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}ies` : `${verb}s`;
};

/** `build_bridge` is `builds bridge`. */
export const doing = (action: string): string => {
  const [verb = '', ...others] = words(action).split(' ');
  return [thirdPerson(verb), ...others].join(' ');
};
