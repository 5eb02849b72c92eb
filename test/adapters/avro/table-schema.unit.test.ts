import { fieldChanges } from '../../../src/adapters/avro/field-changes.js';
import { schemaDifferences } from '../../../src/adapters/avro/schema-difference.js';
import type { AvroField, AvroSchema } from '../../../src/adapters/avro/schema-file.js';
import { schemaOfColumns, schemaOfTable, withNewColumns } from '../../../src/adapters/avro/table-schema.js';
import type { Column, ColumnType } from '../../../src/core/column.js';

const int: ColumnType = { kind: 'integer', bits: 32, unsigned: false };
const column = (name: string, type: ColumnType = int, nullable = false): Column => ({ name, type, sqlType: type.kind, nullable });
const record = (...fields: AvroField[]): AvroSchema => ({ type: 'record', name: 'R', fields });
const id = { name: 'id', type: 'int', doc: 'The key.' };

describe('the schema of a table', () => {
  it('has all columns, under the name of the subject', () => {
    expect(schemaOfColumns('price-list_2-value', [column('id'), column('a b', { kind: 'text' }, true)])).toEqual({
      type: 'record',
      name: 'PriceList2',
      namespace: 'rowbridge',
      fields: [
        { name: 'id', type: 'int' },
        { name: 'a_x20_b', column: 'a b', type: ['null', 'string'] },
      ],
    });
  });

  it('takes new columns as nullable fields that old records can do without', () => {
    const before = record(id);
    const after = withNewColumns(before, [column('size'), column('id'), column('name', { kind: 'text' }, true)]);
    expect(after.fields).toEqual([
      id,
      { name: 'size', type: ['null', 'int'], default: null },
      { name: 'name', type: ['null', 'string'], default: null },
    ]);
    expect(schemaDifferences(before, after)).toEqual([]);
    expect(schemaDifferences(after, before)).toEqual([]);
  });

  it('is the schema itself when there is nothing new', () => {
    const schema = record(id);
    expect(withNewColumns(schema, [column('id')])).toBe(schema);
  });

  it('keeps the words of fields that fit, and takes the types of the others from their columns', () => {
    const file = record(id, { name: 'size', type: 'string', default: '' }, { name: 'gone', type: 'int' });
    const now = schemaOfTable(file, [column('id'), column('size'), column('note', { kind: 'text' })]);
    expect(now.fields).toEqual([id, { name: 'size', type: 'int' }, { name: 'note', type: ['null', 'string'], default: null }]);
    expect(fieldChanges(file, now)).toEqual([
      "'gone' (int) is gone",
      "'size' (string) becomes 'size' (int)",
      "'note' ([null, string]) is new",
    ]);
  });
});
