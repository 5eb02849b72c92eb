import type { AvroField } from './schema-file.js';

const ALLOWED = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Looks like an escape: its first sign is escaped, so that no two columns get one name. */
const LIKE_ESCAPE = /_(?=x[0-9a-f]+[^A-Za-z0-9])/g;

const escaped = (sign: string): string => `_x${sign.codePointAt(0)?.toString(16)}_`;

/**
 * The name of a column as Avro allows it: signs other than A-Z, a-z, 0-9 and _, and a digit in front, become `_x20_` with their
 * code point in hexadecimal. Different columns get different names, and `column` of the field keeps the column's own.
 */
export const fieldNameOf = (column: string): string =>
  ALLOWED.test(column) && column.search(LIKE_ESCAPE) < 0
    ? column
    : column
        .replace(LIKE_ESCAPE, escaped('_'))
        .replace(/[^A-Za-z0-9_]/gu, escaped)
        .replace(/^[0-9]/, escaped);

/** The name of the column that a field holds: `column` where the field has it, else its own. */
export const columnNameOf = ({ name, column }: AvroField): string => column ?? name;
