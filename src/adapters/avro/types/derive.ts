import avro, { type Type } from 'avsc';
import { shown, type Tap } from '../tap.js';

/** The parts of avsc's types that a type of our own replaces or calls. They are avsc's inner ones, so its version is pinned. */
export type Inner = Readonly<{
  _read(tap: Tap): unknown;
  _write(tap: Tap, value: unknown): void;
  _copy(value: unknown, options?: { coerce?: number }): unknown;
  _update(resolver: Resolver, writer: Type, options: unknown): void;
}>;
export type Hook = (value: unknown, type: Type) => void;
export type Resolver = { _read?: (tap: Tap) => unknown };

export const inner = (type: Type): Inner => type as unknown as Inner;

/** avsc's classes of the types that ours are derived from. */
export const bases = avro.types;

const NO_ROOM = Buffer.alloc(0);

/** Why a value does not fit a type; null when it does. */
export const misfit = (type: Type, value: unknown): string | null => {
  try {
    type.encode(value, NO_ROOM, 0);
    return null;
  } catch (error) {
    // avsc's own message fails on a bigint and may hold a whole row.
    return error instanceof RangeError ? error.message : `${shown(value)} is not of type ${type.typeName}`;
  }
};

/** Says whether a value fits, and tells the hook where it does not. */
export const checkOf =
  (type: () => Type) =>
  (value: unknown, _flags?: number, hook?: Hook): boolean => {
    const fits = misfit(type(), value) === null;
    if (!fits) hook?.(value, type());
    return fits;
  };

/** How one Avro type looks inside the program. */
export type Rules = Readonly<{
  /** What the bytes mean beyond their Avro type. Bytes of one meaning are never read as another. */
  meaning?: string;
  /** Its values are texts of one form; a string beside it in a union takes the texts of any other form. */
  formed?: boolean;
  /** @throws RangeError with the reason when the bytes are no such value */
  read?(tap: Tap): unknown;
  /** @throws RangeError with the reason when the value does not fit exactly */
  write?(tap: Tap, value: unknown): void;
}>;

const meanings = new WeakMap<Type, string>();
const formedTypes = new WeakSet<Type>();

export const isFormed = (type: Type): boolean => formedTypes.has(type);

/** An avsc type without parts (no record, union, list) that reads and writes by our rules. */
export const deriveType = (base: Type, rules: Rules): Type => {
  const { meaning, read = inner(base)._read, write = inner(base)._write } = rules;
  const type: Type = Object.create(base, {
    _read: { value: read },
    _write: { value: write },
    // What is skipped is checked too.
    _skip: { value: read },
    _check: { value: checkOf(() => type) },
    _copy: {
      value: (value: unknown, options?: { coerce?: number }) => {
        const isDefaultAsJson = options?.coerce === 2;
        if (isDefaultAsJson) return type.fromBuffer(base.toBuffer(inner(base)._copy(value, options)));
        return Buffer.isBuffer(value) ? Buffer.from(value) : value;
      },
    },
    _update: {
      value: (resolver: Resolver, writer: Type, options: unknown) => {
        if (meanings.get(writer) === meaning) inner(base)._update.call(type, resolver, writer, options);
      },
    },
  });
  if (meaning !== undefined) meanings.set(type, meaning);
  if (rules.formed === true) formedTypes.add(type);
  return type;
};
