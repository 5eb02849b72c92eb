import type { Type } from 'avsc';
import { shown, type Tap } from '../tap.js';
import { bases, inner, misfit } from './derive.js';

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
  const write = (tap: Tap, value: unknown): void => {
    if (nullBranch >= 0 && (value === null || value === undefined)) return tap.writeLong(nullBranch);
    const branch = isOptional ? other : branchOf(types, value);
    tap.writeLong(branch);
    inner(isOptional ? otherType : (types[branch] as Type))._write(tap, value);
  };
  return Object.create(base, {
    _write: { value: write },
    _getIndex: { value: (value: unknown) => (value === null || value === undefined ? nullBranch : branchOf(types, value)) },
    _skip: { value: (tap: Tap) => inner(base)._read(tap) },
  });
};
