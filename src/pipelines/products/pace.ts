import { delayOrAbort } from '../../core/delay.js';

/** What was missed by a slow server is made up for only this far. */
const CATCH_UP_MS = 1_000;

/**
 * Gives a function that resolves when the next turn has come, or with `false` at once when the signal aborts.
 * @param perSecond turns a second; 0 for no waiting at all
 */
export const pace = (
  perSecond: number,
  signal: AbortSignal,
  now: () => number = () => performance.now(),
): (() => Promise<boolean>) => {
  if (perSecond === 0) return async () => !signal.aborted;
  let due = now();
  return async () => {
    const wait = due - now();
    due = Math.max(due + 1000 / perSecond, now() - CATCH_UP_MS);
    return wait > 0 ? delayOrAbort(wait, signal) : !signal.aborted;
  };
};
