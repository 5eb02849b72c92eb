import type { Type } from 'avsc';
import { shown, type Tap } from '../tap.js';
import { bases, checkOf, inner, misfit } from './derive.js';
import { readLong } from './integer.js';
import type { Options } from './union.js';

/** The items of the next block: 0 at the end. Each item takes a byte at least, so a count that cannot be true ends here. */
const blockSize = (tap: Tap): number => {
  const count = readLong(tap);
  if (count < 0) readLong(tap);
  const items = count < 0 ? -count : count;
  if (items > tap.buf.length - tap.pos) throw new RangeError('a list has more items than the record has bytes');
  return Number(items);
};

/** What a type, or the resolver in its place, reads the parts with. */
type OfItems = Readonly<{ itemsType: Readonly<{ _read(tap: Tap): unknown }> }>;
type OfValues = Readonly<{ valuesType: Readonly<{ _read(tap: Tap): unknown }> }>;

function readList(this: OfItems, tap: Tap): unknown[] {
  const list: unknown[] = [];
  for (let left = blockSize(tap); left > 0; left = blockSize(tap)) for (; left > 0; left--) list.push(this.itemsType._read(tap));
  return list;
}

function readMap(this: OfValues, tap: Tap, key: (tap: Tap) => string): object {
  const map = {};
  for (let left = blockSize(tap); left > 0; left = blockSize(tap))
    for (; left > 0; left--) {
      const name = key(tap);
      // An assignment would lose a key named __proto__.
      Object.defineProperty(map, name, {
        value: this.valuesType._read(tap),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
  return map;
}

export const listType = (schema: object, options: Options): Type => {
  const base = new bases.ArrayType(schema as never, options);
  const skip = (tap: Tap) => readList.call(base as unknown as OfItems, tap);
  return Object.create(base, { _read: { value: readList }, _skip: { value: skip } });
};

export const mapType = (schema: object, options: Options, keys: Type): Type => {
  const base = new bases.MapType(schema as never, options);
  function read(this: OfValues, tap: Tap): object {
    return readMap.call(this, tap, inner(keys)._read as (tap: Tap) => string);
  }
  const write = (tap: Tap, value: unknown): void => {
    for (const key of Object.keys(value ?? {})) {
      const reason = misfit(keys, key);
      if (reason !== null) throw new RangeError(reason);
    }
    inner(base)._write(tap, value);
  };
  const skip = (tap: Tap) => read.call(base as unknown as OfValues, tap);
  return Object.create(base, { _read: { value: read }, _skip: { value: skip }, _write: { value: write } });
};

export const enumType = (schema: object, options: Options): Type => {
  const base = new bases.EnumType(schema as never, options);
  const symbols = new Map(base.symbols.map((symbol, index) => [symbol, index]));
  const write = (tap: Tap, value: unknown): void => {
    const index = typeof value === 'string' ? symbols.get(value) : undefined;
    if (index === undefined) throw new RangeError(`${shown(value)} is none of ${base.symbols.join(', ')}`);
    tap.writeLong(index);
  };
  const type: Type = Object.create(base, { _write: { value: write }, _check: { value: checkOf(() => type) } });
  return type;
};
