import type { Type } from 'avsc';
import { shown, type Tap } from '../tap.js';
import { bases, checkOf, inner, isFormed, misfit } from './derive.js';

/** How avsc is told of a schema inside a schema. */
export type Options = object;

/** A time is a time, and none of the texts that a string beside it takes. */
const withoutString = (types: readonly Type[], fitting: readonly number[]): readonly number[] =>
  fitting.some((index) => isFormed(types[index] as Type))
    ? fitting.filter((index) => types[index]?.typeName !== 'string')
    : fitting;

const branchOf = (types: readonly Type[], value: unknown): number => {
  const fitting = withoutString(
    types,
    types.flatMap((type, index) => (misfit(type, value) === null ? [index] : [])),
  );
  if (fitting.length > 1) throw new RangeError(`${shown(value)} fits more than one branch of the union`);
  if (fitting.length === 1) return fitting[0] as number;
  // With one branch besides null, its reason is the reason.
  const others = types.filter(({ typeName }) => typeName !== 'null');
  const reason = others.length === 1 ? misfit(others[0] as Type, value) : null;
  throw new RangeError(reason ?? `${shown(value)} fits no branch of the union`);
};

type Branch = Readonly<{ type: Type; index: number }>;

/** The date or time of a union that has a string for the others: most values are its. */
const formedBranch = (types: readonly Type[]): Branch | undefined => {
  const formed = types.flatMap((type, index) => (isFormed(type) ? [{ type, index }] : []));
  return formed.length === 1 && types.some(({ typeName }) => typeName === 'string') ? formed[0] : undefined;
};

/** Writes a value by a branch in one go; false, and nothing written, when it does not fit. */
const writeBranch = (tap: Tap, { type, index }: Branch, value: unknown): boolean => {
  const from = tap.pos;
  try {
    tap.writeLong(index);
    inner(type)._write(tap, value);
    return true;
  } catch {
    tap.pos = from;
    return false;
  }
};

/** A union whose values are not wrapped. A nullable field may be left out of the value. */
export const unionType = (schema: readonly unknown[], options: Options): Type => {
  const base = new bases.UnwrappedUnionType(schema as never, options);
  const { types } = base;
  const nullBranch = types.findIndex(({ typeName }) => typeName === 'null');
  const isOptional = nullBranch >= 0 && types.length === 2;
  const other = 1 - nullBranch;
  const otherType = types[other] as Type;
  const formed = formedBranch(types);
  const indexOf = (value: unknown): number =>
    nullBranch >= 0 && (value === null || value === undefined) ? nullBranch : branchOf(types, value);
  const write = (tap: Tap, value: unknown): void => {
    if (isOptional && value !== null && value !== undefined) {
      tap.writeLong(other);
      inner(otherType)._write(tap, value);
      return;
    }
    if (formed !== undefined && typeof value === 'string' && writeBranch(tap, formed, value)) return;
    const branch = indexOf(value);
    tap.writeLong(branch);
    if (branch !== nullBranch) inner(types[branch] as Type)._write(tap, value);
  };
  const type: Type = Object.create(base, {
    _write: { value: write },
    _check: { value: checkOf(() => type) },
    _getIndex: { value: indexOf },
    _skip: { value: (tap: Tap) => inner(base)._read(tap) },
  });
  return type;
};
