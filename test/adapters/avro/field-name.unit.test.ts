import fc from 'fast-check';
import { fieldNameOf } from '../../../src/adapters/avro/field-name.js';
import { renamed } from '../../../src/adapters/avro/renamed.js';

const decoded = (field: string): string =>
  field.replace(/_x([0-9a-f]+)_/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));

describe('the Avro name of a column', () => {
  it.each([
    ['id', 'id'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['unit price', 'unit_x20_price'],
    ['1st', '_x31_st'],
    ["it's", 'it_x27_s'],
    ['größe', 'gr_xf6__xdf_e'],
    ['\u{1f4a1}', '_x1f4a1_'],
    ['a_x20_b', 'a_x5f_x20_b'],
    ['_xylophone', '_xylophone'],
  ])('%s', (column, field) => {
    expect(fieldNameOf(column)).toBe(field);
  });

  it('is allowed, and tells the column, for any name', () => {
    const name = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }), fc.stringMatching(/^[_xaf0-9 -]{1,12}$/));
    fc.assert(
      fc.property(name, (column) => {
        expect(fieldNameOf(column)).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
        expect(decoded(fieldNameOf(column))).toBe(column);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the names of a value', () => {
  const schema = {
    type: 'record' as const,
    name: 'R',
    fields: [
      { name: 'a_x20_b', column: 'a b', type: 'int' },
      { name: '__proto__', type: 'int' },
      { name: 'c', type: 'int' },
    ],
  };

  it('are the columns on one side and the fields on the other', () => {
    const value = JSON.parse('{"a b":1,"__proto__":2,"c":3}');
    const { toFields, toColumns } = renamed(schema);
    expect(JSON.stringify(toFields(value))).toBe('{"a_x20_b":1,"__proto__":2,"c":3}');
    expect(JSON.stringify(toColumns(toFields(value)))).toBe('{"a b":1,"__proto__":2,"c":3}');
  });

  it('are left alone where they are the same', () => {
    const value = { c: 1 };
    expect(renamed({ ...schema, fields: [{ name: 'c', type: 'int' }] }).toFields(value)).toBe(value);
  });
});
