import type { Log } from '../../core/log.js';
import type { Awaited } from './horizon.js';

/** A transaction open for this long is worth a line. */
const SAY_AFTER_MS = 10_000;

/** Says once that something holds the horizon back, and once that it goes on. */
export const heldReporter = (log: Log): ((by: readonly Awaited[], forMs: number) => void) => {
  let said = false;
  return (by, forMs) => {
    if (forMs >= SAY_AFTER_MS && !said) {
      said = true;
      const threads = by.map(({ kind, thread }) => `${kind} of thread ${thread}`).slice(0, 5);
      log.warn(
        { heldBySeconds: Math.round(forMs / 1000), by: threads },
        'rows wait for an open transaction (performance_schema.threads shows whose)',
      );
    }
    if (forMs < SAY_AFTER_MS && said) {
      said = false;
      log.info('rows travel again');
    }
  };
};
