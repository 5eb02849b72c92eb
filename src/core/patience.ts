import { backoffMs, delayOrAbort } from './delay.js';
import { BridgeError, isTransient, messageOf } from './errors.js';
import type { Log } from './log.js';

export type Patience = Readonly<{
  log: Log;
  signal: AbortSignal;
  /** How long to keep trying; undefined for ever. */
  forMs?: number;
  /** An attempt that went well for this long makes the next failure a new one. */
  healthyMs?: number;
  /** Called when it begins to wait (false) and when it goes on (true). */
  onReady?(ready: boolean): void;
}>;

const gaveUp = (error: BridgeError): BridgeError =>
  new BridgeError({ code: error.code, kind: 'environment', found: error.found, fix: error.fix, cause: error });

const HEALTHY_MS = 10_000;

/**
 * Calls again for as long as the failure is transient, with full-jitter backoff. Says it once per change of what is wrong.
 * Undefined when the signal aborted first.
 * @throws BridgeError `environment` when the time is up, and every error that is not transient at once
 */
export const keepTrying = async <T>(
  call: () => Promise<T>,
  { log, signal, forMs, healthyMs = HEALTHY_MS, onReady }: Patience,
): Promise<T | undefined> => {
  const begun = performance.now();
  let said = '';
  for (let attempt = 0; !signal.aborted; attempt++) {
    const started = performance.now();
    try {
      const result = await call();
      onReady?.(true);
      return result;
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (forMs !== undefined && performance.now() - begun >= forMs) throw gaveUp(error as BridgeError);
      if (performance.now() - started > healthyMs) {
        attempt = 0;
        said = '';
      }
      const { code } = error as BridgeError;
      if (code !== said) log.warn({ code, reason: messageOf(error) }, 'waiting for a server');
      said = code;
      onReady?.(false);
      const left = forMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, forMs - (performance.now() - begun));
      await delayOrAbort(Math.min(backoffMs(attempt), left), signal);
    }
  }
  return undefined;
};
