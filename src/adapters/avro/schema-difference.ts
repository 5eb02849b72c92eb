import type { AvroField } from './schema-file.js';

type Json = Readonly<Record<string, unknown>>;

/** What a program that reads by the new schema can make of a number or text that was written by the old one. */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

/** Definitions of named types, as they are met. */
type Names = Map<string, Json>;

/** A type in one form: primitives as objects, named types with their full name. */
const normal = (type: unknown, names: Names): Json | readonly unknown[] => {
  if (Array.isArray(type)) return type;
  if (typeof type === 'string') return names.get(type) ?? { type };
  const json = type as Json;
  if (typeof json.type === 'object' && json.type !== null) return normal(json.type, names);
  if (typeof json.name === 'string') {
    names.set(json.name, json);
    if (typeof json.namespace === 'string') names.set(`${json.namespace}.${json.name}`, json);
  }
  return json;
};

const fullName = ({ name, namespace }: Json): string =>
  String(name).includes('.') || namespace === undefined ? String(name) : `${namespace}.${name}`;

/** A type in words. */
export const typeText = (type: unknown): string => {
  if (Array.isArray(type)) return `[${type.map(typeText).join(', ')}]`;
  if (typeof type === 'string') return type;
  const json = type as Json;
  if (json.logicalType === 'decimal') return `decimal(${json.precision},${json.scale ?? 0})`;
  if (json.logicalType !== undefined) return String(json.logicalType);
  if (typeof json.type === 'object') return typeText(json.type);
  if (json.name !== undefined) return `${json.type} ${json.name}`;
  if (json.type === 'array') return `array of ${typeText(json.items)}`;
  return json.type === 'map' ? `map of ${typeText(json.values)}` : String(json.type);
};

type Comparison = Readonly<{ oldNames: Names; newNames: Names; seen: Set<string> }>;
type Compare = (path: string, from: unknown, to: unknown) => string[];

const fieldDifferences = (path: string, from: Json, to: Json, compare: Compare): string[] => {
  const before = from.fields as readonly AvroField[];
  const after = to.fields as readonly AvroField[];
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const sourceOf = (field: AvroField) => before.find(({ name }) => name === field.name || field.aliases?.includes(name));
  const added = after.filter((field) => sourceOf(field) === undefined && field.default === undefined);
  const kept = new Set(after.map((field) => sourceOf(field)?.name));
  const removed = before.filter((field) => !kept.has(field.name) && field.default === undefined);
  return [
    ...removed.map(({ name }) => `field '${at(name)}' is gone, and it had no default`),
    ...added.map(({ name }) => `field '${at(name)}' is new and has no default`),
    ...after.flatMap((field) => {
      const source = sourceOf(field);
      return source === undefined ? [] : compare(at(field.name), source.type, field.type);
    }),
  ];
};

const nameDifferences = (path: string, from: Json, to: Json): string[] => {
  if (from.name === undefined) return [];
  const names = [fullName(to), ...((to.aliases as readonly string[] | undefined) ?? []), to.name];
  const same = names.includes(fullName(from)) && (fullName(from) === fullName(to) || to.aliases !== undefined);
  return same ? [] : [`${path === '' ? 'the record' : `'${path}'`} was named ${fullName(from)} and is now ${fullName(to)}`];
};

const sameKind = (path: string, from: Json, to: Json, compare: Compare): string[] => {
  if (from.type === 'record') return fieldDifferences(path, from, to, compare);
  if (from.type === 'array') return compare(`${path}[]`, from.items, to.items);
  if (from.type === 'map') return compare(`${path}{}`, from.values, to.values);
  if (from.type === 'fixed' && from.size !== to.size) return [`'${path}' had ${from.size} bytes and now has ${to.size}`];
  if (from.type !== 'enum' || to.default !== undefined) return [];
  const after = to.symbols as readonly string[];
  const gone = (from.symbols as readonly string[]).filter((symbol) => !after.includes(symbol));
  return gone.length === 0 ? [] : [`'${path}' no longer has the symbols ${gone.join(', ')}`];
};

const changed = (path: string, from: unknown, to: unknown): string[] => [
  `'${path}' was ${typeText(from)} and is now ${typeText(to)}`,
];

const withoutUnion = (path: string, from: Json, to: Json, compare: Compare): string[] => {
  const logical = (type: Json) => (type.logicalType === undefined ? '' : typeText(type));
  // The registry does not look at these: the same bytes would mean another number or another time.
  if (logical(from) !== logical(to)) return changed(path, from, to);
  if (from.type === to.type) return [...nameDifferences(path, from, to), ...sameKind(path, from, to, compare)];
  const promoted = from.logicalType === undefined && PROMOTIONS[String(from.type)]?.includes(String(to.type)) === true;
  return promoted ? [] : changed(path, from, to);
};

const comparison = ({ oldNames, newNames, seen }: Comparison): Compare => {
  const compare: Compare = (path, from, to) => {
    const before = normal(from, oldNames);
    const after = normal(to, newNames);
    if (Array.isArray(before)) return before.flatMap((branch) => compare(path, branch, to)).filter((text, i, all) => all.indexOf(text) === i);
    if (Array.isArray(after)) return after.some((branch) => compare(path, before, branch).length === 0) ? [] : changed(path, from, to);
    const pair = `${JSON.stringify(before)} ${JSON.stringify(after)}`;
    if (seen.has(pair)) return [];
    seen.add(pair);
    return withoutUnion(path, before as Json, after as Json, compare);
  };
  return compare;
};

/**
 * What keeps a program that reads by the new schema from what was written by the old one, or the other way round for a field that is
 * gone; in words, nothing when they fit. Stricter than a registry: logical types count.
 */
export const schemaDifferences = (from: unknown, to: unknown): readonly string[] =>
  comparison({ oldNames: new Map(), newNames: new Map(), seen: new Set() })('', from, to);
