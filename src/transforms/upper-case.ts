import type { Transform } from '../core/transform.js';

/** Writes one text field in capitals, by Unicode's rules and no locale's. */
export const upperCase =
  <Field extends string, T extends Readonly<Record<Field, string>>>(field: Field): Transform<T> =>
  (value) => {
    (value as Record<Field, string>)[field] = value[field].toUpperCase();
    return [value];
  };
