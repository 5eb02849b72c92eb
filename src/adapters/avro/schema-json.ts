/** A part of an Avro schema as JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** Definitions by full name, and by short name where a reference uses it. */
export type Names = ReadonlyMap<string, Json>;

const isObject = (part: unknown): part is Json => typeof part === 'object' && part !== null && !Array.isArray(part);

const qualified = (name: string, namespace: unknown): string =>
  name.includes('.') || typeof namespace !== 'string' ? name : `${namespace}.${name}`;

export const fullName = ({ name, namespace }: Json): string => qualified(String(name), namespace);

/** The full names that a named type can be read under. */
export const readableNames = (type: Json): readonly string[] => {
  const aliases = (type.aliases as readonly string[] | undefined) ?? [];
  return [fullName(type), ...aliases.map((alias) => qualified(alias, type.namespace))];
};

/** Every named type that is defined inside a schema. */
export const namesIn = (schema: unknown, names = new Map<string, Json>()): Names => {
  if (Array.isArray(schema)) for (const part of schema) namesIn(part, names);
  if (!isObject(schema)) return names;
  if (typeof schema.name === 'string' && ['record', 'enum', 'fixed'].includes(String(schema.type))) {
    names.set(schema.name, schema);
    names.set(fullName(schema), schema);
  }
  for (const part of [schema.type, schema.items, schema.values, schema.fields]) namesIn(part, names);
  return names;
};

/** A type in one form: an object, or a list of branches. */
export const normalType = (type: unknown, names: Names): Json | readonly unknown[] => {
  if (Array.isArray(type)) return type;
  if (typeof type === 'string') return names.get(type) ?? { type };
  return isObject((type as Json).type) ? normalType((type as Json).type, names) : (type as Json);
};

/** A type in words. */
export const typeText = (type: unknown): string => {
  if (Array.isArray(type)) return `[${type.map(typeText).join(', ')}]`;
  if (!isObject(type)) return String(type);
  if (type.logicalType === 'decimal') return `decimal(${type.precision},${type.scale ?? 0})`;
  if (type.logicalType !== undefined) return String(type.logicalType);
  if (isObject(type.type)) return typeText(type.type);
  if (type.name !== undefined) return `${type.type} ${type.name}`;
  if (type.type === 'array') return `array of ${typeText(type.items)}`;
  return type.type === 'map' ? `map of ${typeText(type.values)}` : String(type.type);
};
