import { columnNameOf } from './field-name.js';
import type { AvroSchema } from './schema-file.js';

type Value = Record<string, unknown>;
type Rename = (value: unknown) => unknown;

const same: Rename = (value) => value;

/** An assignment would lose a field named __proto__. */
const set = (value: Value, name: string, part: unknown): void => {
  if (name === '__proto__')
    Object.defineProperty(value, name, { value: part, enumerable: true, writable: true, configurable: true });
  else value[name] = part;
};

const renaming =
  (names: readonly (readonly [from: string, to: string])[]): Rename =>
  (value) => {
    if (typeof value !== 'object' || value === null) return value;
    const result: Value = {};
    for (const [from, to] of names) if (Object.hasOwn(value, from)) set(result, to, (value as Value)[from]);
    return result;
  };

/** Between a value's names, which are the columns', and the fields' names, where Avro allows others only. */
export const renamed = ({ fields }: AvroSchema): Readonly<{ toFields: Rename; toColumns: Rename }> => {
  const names = fields.map((field) => [columnNameOf(field), field.name] as const);
  if (names.every(([column, field]) => column === field)) return { toFields: same, toColumns: same };
  return { toFields: renaming(names), toColumns: renaming(names.map(([column, field]) => [field, column] as const)) };
};
