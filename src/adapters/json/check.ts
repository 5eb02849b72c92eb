import type { z } from 'zod';
import { BridgeError } from '../../core/errors.js';
import type { JsonFormat } from '../../core/topic.js';

const misfit = (error: z.ZodError): BridgeError => {
  const [issue] = error.issues;
  const field = issue === undefined || issue.path.length === 0 ? 'The value' : `Field '${issue.path.join('.')}'`;
  return new BridgeError({
    code: 'EVENT_INVALID',
    kind: 'record',
    found: `${field} does not fit: ${issue?.message ?? 'not as expected'}.`,
    fix: 'The type of the event is described in the pipeline that it belongs to.',
    cause: error,
  });
};

/** JSON values of one type: they are checked before they are sent and after they were received. */
export const json = <T>(type: z.ZodType<T>): JsonFormat<T> => ({
  kind: 'json',
  check(value) {
    const checked = type.safeParse(value);
    if (checked.success) return checked.data;
    throw misfit(checked.error);
  },
});
