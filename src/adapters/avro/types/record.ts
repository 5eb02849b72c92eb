import type { Type } from 'avsc';
import { shown, type Tap } from '../tap.js';
import { bases, inner, type Resolver } from './derive.js';
import type { Options } from './union.js';

type RecordType = InstanceType<typeof bases.RecordType>;
type Named = Readonly<{ name: string }>;
type Step = Readonly<{ read(tap: Tap): unknown; targets: readonly number[] }>;

const writerFieldOf = (field: RecordType['fields'][number], writer: RecordType): string | undefined =>
  [field.name, ...field.aliases].find((name) => writer.fields.some((written) => written.name === name));

/** Reads the fields in the writer's order into the reader's. avsc's own fails on fields named like those that every object has. */
const resolveRecord = (reader: RecordType, writer: RecordType, options: unknown): ((tap: Tap) => unknown) => {
  const sources = reader.fields.map((field) => writerFieldOf(field, writer));
  const missing = reader.fields.find((field, index) => sources[index] === undefined && field.defaultValue() === undefined);
  if (missing !== undefined) throw new RangeError(`field '${missing.name}' was not written and has no default`);
  const steps: Step[] = writer.fields.map(({ name, type }) => {
    const targets = sources.flatMap((source, index) => (source === name ? [index] : []));
    const target = reader.fields[targets[0] ?? -1];
    if (target === undefined) return { read: (tap) => (type as unknown as { _skip(tap: Tap): void })._skip(tap), targets };
    const resolver = target.type.createResolver(type, options as object) as unknown as Required<Resolver>;
    return { read: (tap) => resolver._read(tap), targets };
  });
  const Value = reader.recordConstructor as new (...values: unknown[]) => unknown;
  return (tap) => {
    const values: unknown[] = new Array(reader.fields.length);
    for (const { read, targets } of steps) {
      const value = read(tap);
      for (const target of targets) values[target] = value;
    }
    // The constructor puts defaults where there is no value.
    return new Value(...values);
  };
};

const namesOf = ({ name, aliases }: RecordType): readonly (string | undefined)[] => [name, ...(aliases ?? [])];

/**
 * avsc keeps fields by name in an object. A field named __proto__ becomes what that object inherits from, and a frozen one: the fields
 * that come after it could not be put there. So it is made last.
 */
const protoMadeLast = (fields: readonly Named[]): readonly Named[] => {
  const others = fields.filter(({ name }) => name !== '__proto__');
  if (others.length === fields.length) return fields;
  const map = (make: (field: Named) => unknown, self: unknown): unknown[] => {
    const made = new Map(others.map((field) => [field, make.call(self, field)]));
    return fields.map((field) => (made.has(field) ? made.get(field) : make.call(self, field)));
  };
  return Object.assign([...fields], { map });
};

/** A record whose values are plain objects, with nothing on them but the record's fields. */
export const recordType = (schema: Readonly<{ fields?: unknown }>, options: Options): Type => {
  const fields = Array.isArray(schema.fields) ? protoMadeLast(schema.fields as Named[]) : schema.fields;
  const base = new bases.RecordType({ ...schema, fields } as never, options);
  // Assigning to a field named __proto__ makes a field only where no such setter is inherited.
  const safe = base.fields.some(({ name }) => name === '__proto__') ? Object.create(null) : Object.prototype;
  base.recordConstructor.prototype = safe;
  const writeFields = inner(base)._write;
  const write = (tap: Tap, value: unknown): void => {
    // Anything else has no such fields: where all of them have defaults, it would pass.
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new RangeError(`${shown(value)} is not a record`);
    writeFields(tap, value);
  };
  return Object.create(base, {
    _write: { value: write },
    _update: {
      value: (resolver: Resolver, writer: Type, how: unknown) => {
        const isRecord = writer.typeName === 'record' && namesOf(base).includes(writer.name);
        if (isRecord) resolver._read = resolveRecord(base, writer as RecordType, how);
      },
    },
    _skip: { value: (tap: Tap) => inner(base)._read(tap) },
  });
};
