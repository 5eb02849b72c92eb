import type { AvroField } from './schema-file.js';
import { fullName, type Json, namesIn, normalType, readableNames, typeText } from './schema-json.js';

/** What a program that reads by the new schema can make of a number or text that was written by the old one. */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

type Compare = (path: string, from: unknown, to: unknown) => readonly string[];

const changed = (path: string, from: unknown, to: unknown): readonly string[] => [
  `'${path}' was ${typeText(from)} and is now ${typeText(to)}`,
];

const fieldDifferences = (path: string, from: Json, to: Json, compare: Compare): readonly string[] => {
  const before = from.fields as readonly AvroField[];
  const after = to.fields as readonly AvroField[];
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const sourceOf = ({ name, aliases }: AvroField) =>
    before.find((field) => field.name === name) ?? before.find((field) => aliases?.includes(field.name));
  const kept = new Set(after.map((field) => sourceOf(field)?.name));
  const removed = before.filter((field) => !kept.has(field.name) && field.default === undefined);
  const added = after.filter((field) => sourceOf(field) === undefined && field.default === undefined);
  return [
    ...removed.map(({ name }) => `field '${at(name)}' is gone, and it had no default`),
    ...added.map(({ name }) => `field '${at(name)}' is new and has no default`),
    ...after.flatMap((field) => {
      const source = sourceOf(field);
      return source === undefined ? [] : compare(at(field.name), source.type, field.type);
    }),
  ];
};

const nameDifferences = (path: string, from: Json, to: Json): readonly string[] =>
  from.name === undefined || readableNames(to).includes(fullName(from))
    ? []
    : [`${path === '' ? 'the record' : `'${path}'`} was named ${fullName(from)} and is now ${fullName(to)}`];

const partDifferences = (path: string, from: Json, to: Json, compare: Compare): readonly string[] => {
  if (from.type === 'record') return fieldDifferences(path, from, to, compare);
  if (from.type === 'array') return compare(`${path}[]`, from.items, to.items);
  if (from.type === 'map') return compare(`${path}{}`, from.values, to.values);
  if (from.type === 'fixed' && from.size !== to.size) return [`'${path}' had ${from.size} bytes and now has ${to.size}`];
  if (from.type !== 'enum' || to.default !== undefined) return [];
  const after = to.symbols as readonly string[];
  const gone = (from.symbols as readonly string[]).filter((symbol) => !after.includes(symbol));
  return gone.length === 0 ? [] : [`'${path}' no longer has the symbols ${gone.join(', ')}`];
};

const singleDifferences = (path: string, from: Json, to: Json, compare: Compare): readonly string[] => {
  const logical = (type: Json) => (type.logicalType === undefined ? '' : typeText(type));
  // The registry does not look at these: the same bytes would mean another number or another time.
  if (logical(from) !== logical(to)) return changed(path, from, to);
  if (from.type === to.type) return [...nameDifferences(path, from, to), ...partDifferences(path, from, to, compare)];
  const promoted = PROMOTIONS[String(from.type)]?.includes(String(to.type)) === true;
  return promoted ? [] : changed(path, from, to);
};

const listOf = (type: Json | readonly unknown[]): readonly unknown[] => (Array.isArray(type) ? type : [type]);

const comparison = (old: unknown, young: unknown): Compare => {
  const [oldNames, newNames] = [namesIn(old), namesIn(young)];
  /** Records that are being compared further out: a record may hold itself. */
  const open = new Set<string>();
  const single: Compare = (path, from, to) => {
    const pair = `${fullName(from as Json)} ${fullName(to as Json)}`;
    if ((from as Json).type !== 'record') return singleDifferences(path, from as Json, to as Json, compare);
    if (open.has(pair)) return [];
    open.add(pair);
    const differences = singleDifferences(path, from as Json, to as Json, compare);
    open.delete(pair);
    return differences;
  };
  const compare: Compare = (path, from, to) => {
    const befores = listOf(normalType(from, oldNames)).map((type) => normalType(type, oldNames));
    const afters = listOf(normalType(to, newNames)).map((type) => normalType(type, newNames));
    if (befores.length === 1 && afters.length === 1) return single(path, befores[0], afters[0]);
    const unreadable = befores.filter((before) => afters.every((after) => single(path, before, after).length > 0));
    return unreadable.length === 0 ? [] : changed(path, from, to);
  };
  return compare;
};

/**
 * What keeps a program that reads by the new schema from what was written by the old one, and, for a field that is gone, the other
 * way round; in words, nothing when they fit. Stricter than a registry: logical types count.
 */
export const schemaDifferences = (from: unknown, to: unknown): readonly string[] => comparison(from, to)('', from, to);
