import type { Row } from '../core/pipeline.js';
import type { Transform } from '../core/transform.js';

/** Keeps the values whose field, as text, is this one. */
export const where =
  (field: string, text: string): Transform<Row> =>
  (value) =>
    Object.hasOwn(value, field) && String(value[field]) === text ? [value] : [];
