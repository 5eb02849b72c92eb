import { type Decimal, decimalText } from '../../core/decimal.js';

/** Names seen so far, as JSON with a colon; more different ones than this are maps' keys, not fields. */
const MOST_NAMES = 10_000;
const names = new Map<string, string>();

const nameText = (name: string): string => {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= MOST_NAMES) names.clear();
  const text = `${JSON.stringify(name)}:`;
  names.set(name, text);
  return text;
};

const numberText = (value: number): string => {
  if (!Number.isFinite(value)) throw new RangeError(`JSON has no number ${value}`);
  return Object.is(value, -0) ? '-0' : `${value}`;
};

const isExactDecimal = (value: object): value is Decimal =>
  'unscaled' in value && typeof value.unscaled === 'bigint' && 'scale' in value && typeof value.scale === 'number';

const objectText = (value: object): string => {
  if (isExactDecimal(value)) return decimalText(value);
  if (Array.isArray(value)) return `[${value.map((item) => valueText(item) ?? 'null').join(',')}]`;
  if (value instanceof Uint8Array) return `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}"`;
  if (value instanceof Date) return `"${value.toISOString()}"`;
  return `{${fieldsText(value)}}`;
};

/** A value as JSON, with every digit it has; undefined for what JSON leaves out. */
const valueText = (value: unknown): string | undefined => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return numberText(value);
    case 'bigint':
    case 'boolean':
      return `${value}`;
    case 'object':
      return value === null ? 'null' : objectText(value);
    case 'undefined':
      return undefined;
    default:
      throw new RangeError(`JSON has no ${typeof value}`);
  }
};

/**
 * The fields of an object as JSON without the braces, in their own order.
 * @throws RangeError for what JSON cannot hold exactly
 */
export const fieldsText = (value: object): string => {
  let text = '';
  for (const name of Object.keys(value)) {
    const field = valueText((value as Record<string, unknown>)[name]);
    if (field !== undefined) text += text === '' ? nameText(name) + field : `,${nameText(name)}${field}`;
  }
  return text;
};

const CANONICAL_INTEGER = /^(?:0|-?[1-9]\d*)$/;

/** What stands in for a deleted row: its key, as a number where it is one. */
export const tombstoneText = (keyField: string, key: string | null): string => {
  const text = key !== null && CANONICAL_INTEGER.test(key) ? key : JSON.stringify(key);
  return `${nameText(keyField)}${text},"deleted":true`;
};
