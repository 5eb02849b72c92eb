/** Waits, or gives up at once when the signal aborts; then `false`. Leaves no timer and no listener behind. */
export const delayOrAbort = (ms: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const done = (waited: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve(waited);
    };
    const onAbort = () => done(false);
    const timer = setTimeout(done, ms, true);
    signal.addEventListener('abort', onAbort, { once: true });
  });

export const BACKOFF_CAP_MS = 30_000;

/**
 * Full-jitter exponential backoff, in milliseconds: a random part of 200 ms x 2^attempt, at most 30 s.
 * @param random gives numbers in [0, 1)
 */
export const backoffMs = (attempt: number, random: () => number = Math.random): number =>
  Math.ceil(random() * Math.min(BACKOFF_CAP_MS, 200 * 2 ** Math.min(attempt, 20)));
