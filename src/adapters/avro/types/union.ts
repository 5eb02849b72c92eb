import type { Type } from 'avsc';
import { shown, type Tap } from '../tap.js';
import { bases, checkOf, inner, misfit } from './derive.js';

/** How avsc is told of a schema inside a schema. */
export type Options = object;

const branchOf = (types: readonly Type[], value: unknown): number => {
  const fitting = types.flatMap((type, index) => (misfit(type, value) === null ? [index] : []));
  if (fitting.length > 1) throw new RangeError(`${shown(value)} fits more than one branch of the union`);
  if (fitting.length === 1) return fitting[0] as number;
  // With one branch besides null, its reason is the reason.
  const others = types.filter(({ typeName }) => typeName !== 'null');
  const reason = others.length === 1 ? misfit(others[0] as Type, value) : null;
  throw new RangeError(reason ?? `${shown(value)} fits no branch of the union`);
};

/** A union whose values are not wrapped. A nullable field may be left out of the value. */
export const unionType = (schema: readonly unknown[], options: Options): Type => {
  const base = new bases.UnwrappedUnionType(schema as never, options);
  const { types } = base;
  const nullBranch = types.findIndex(({ typeName }) => typeName === 'null');
  const isOptional = nullBranch >= 0 && types.length === 2;
  const other = 1 - nullBranch;
  const otherType = types[other] as Type;
  const indexOf = (value: unknown): number =>
    nullBranch >= 0 && (value === null || value === undefined) ? nullBranch : branchOf(types, value);
  const write = (tap: Tap, value: unknown): void => {
    if (isOptional && value !== null && value !== undefined) {
      tap.writeLong(other);
      inner(otherType)._write(tap, value);
      return;
    }
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
