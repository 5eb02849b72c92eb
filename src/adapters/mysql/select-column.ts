import { escapeId } from 'mysql2';
import { PACKED_TYPES, type TableColumn } from './columns.js';

/** How a column is asked for so that its value comes exactly, and what is made of what the driver gives. */
export type SelectedColumn = Readonly<{
  sql: string;
  /** Numbers of floating point have to be read as the texts they travel as. */
  floating: boolean;
  /** For any value but NULL; without it the value is right as it comes. */
  read?(value: unknown): unknown;
}>;

/** UCS-2 may hold half a surrogate pair, which no conversion to UTF-8 can: its bytes are asked for. */
const textOfUcs2 = (bytes: unknown): string =>
  Buffer.from(bytes as Buffer)
    .swap16()
    .toString('utf16le');

/** The zeros that ZEROFILL puts in front. */
const padded = /^(-?)0+(?=\d)/;

const simple = (sql: string): SelectedColumn => ({ sql, floating: false });

/**
 * The expression for a column, and how its values are read:
 * - FLOAT is printed with six digits only: as a DOUBLE it has all it holds, and both come as text, since the driver's own reading of
 *   numbers is off by a bit now and then
 * - BIT is a number, not bytes; geometry and vectors are the bytes that the server keeps
 */
export const selectedColumn = ({ name, type, dataType, sqlType, characterSet }: TableColumn): SelectedColumn => {
  const id = escapeId(name, true);
  if (type.kind === 'float') return { sql: `CAST(${id} AS DOUBLE)`, floating: true, read: (text) => Math.fround(Number(text)) };
  // With digits in its type a DOUBLE is printed rounded to them.
  if (type.kind === 'double') return { sql: sqlType.includes('(') ? `CAST(${id} AS DOUBLE)` : id, floating: true, read: Number };
  if (type.kind === 'bits') return simple(`CAST(${id} AS UNSIGNED)`);
  if ((type.kind === 'integer' || type.kind === 'decimal') && /zerofill/i.test(sqlType))
    return { ...simple(id), read: (value) => (typeof value === 'string' ? value.replace(padded, '$1') : value) };
  if (PACKED_TYPES.includes(dataType)) return simple(`CAST(${id} AS BINARY)`);
  if (type.kind === 'text' && characterSet === 'ucs2' && dataType !== 'enum' && dataType !== 'set')
    return { ...simple(`CAST(${id} AS BINARY)`), read: textOfUcs2 };
  return simple(id);
};
