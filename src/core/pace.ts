import { delayOrAbort } from './delay.js';

/** What was missed by a slow server is made up for only this far. */
const CATCH_UP_MS = 1_000;

/**
 * Gives a function that resolves with how many turns have come, at least one and at most `most`, or with 0 when the signal aborts.
 * @param perSecond turns a second; 0 for no waiting at all
 */
export const turns = (
  perSecond: number,
  signal: AbortSignal,
  now: () => number = () => performance.now(),
): ((most: number) => Promise<number>) => {
  if (perSecond === 0) return async (most) => (signal.aborted ? 0 : most);
  const gapMs = 1000 / perSecond;
  let due = now();
  return async (most) => {
    due = Math.max(due, now() - CATCH_UP_MS);
    const wait = due - now();
    const waited = wait > 0 ? await delayOrAbort(wait, signal) : !signal.aborted;
    if (!waited) return 0;
    const lateMs = Math.max(0, now() - due);
    const come = Math.min(most, 1 + Math.floor(lateMs / gapMs));
    due += come * gapMs;
    return come;
  };
};

/** Gives a function that resolves when the next turn has come, or with `false` at once when the signal aborts. */
export const pace = (perSecond: number, signal: AbortSignal, now?: () => number): (() => Promise<boolean>) => {
  const next = turns(perSecond, signal, now);
  return async () => (await next(1)) === 1;
};
