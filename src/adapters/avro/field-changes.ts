import type { AvroField, AvroSchema } from './schema-file.js';
import { typeText } from './schema-json.js';

const said = ({ name, type }: AvroField): string => `'${name}' (${typeText(type)})`;

/** Field by field what is other in a second schema, in words; whether old records can be read by it is another question. */
export const fieldChanges = (from: AvroSchema, to: AvroSchema): readonly string[] => {
  const [before, after] = [from, to].map(({ fields }) => new Map(fields.map((field) => [field.name, field])));
  const added = to.fields.filter(({ name }) => !before?.has(name)).map((field) => `${said(field)} is new`);
  const gone = from.fields.filter(({ name }) => !after?.has(name)).map((field) => `${said(field)} is gone`);
  const changed = to.fields.flatMap((field) => {
    const old = before?.get(field.name);
    return old === undefined || JSON.stringify(old) === JSON.stringify(field) ? [] : [`${said(old)} becomes ${said(field)}`];
  });
  return [...gone, ...changed, ...added];
};
