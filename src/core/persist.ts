import type { IncomingBatch } from './broker.js';
import { backoffMs, delayOrAbort } from './delay.js';
import { type BridgeError, isTransient, messageOf } from './errors.js';
import type { Log } from './log.js';
import type { Sink } from './sink.js';

export type Persisting = Readonly<{
  sink: Pick<Sink<never>, 'begin'>;
  log: Log;
  signal: AbortSignal;
  onReady?(ready: boolean): void;
}>;

/**
 * Tries again for as long as the failure is transient and the batch is ours, alive in the group meanwhile. False: no longer ours.
 * A sink that says where to begin may want to begin anew: it is asked before the group is joined, so the group is left.
 */
export const persist = async (run: Persisting, batch: IncomingBatch, call: () => Promise<void>): Promise<boolean> => {
  let said = '';
  for (let attempt = 0; ; attempt++) {
    if (batch.isStale() || run.signal.aborted) return false;
    try {
      await call();
      if (said !== '') run.onReady?.(true);
      return true;
    } catch (error) {
      if (!isTransient(error) || run.sink.begin !== undefined) throw error;
      const { code } = error as BridgeError;
      if (code !== said) run.log.warn({ code, reason: messageOf(error) }, 'the batch waits');
      said = code;
      run.onReady?.(false);
      await delayOrAbort(Math.min(backoffMs(attempt), 2_000), run.signal);
      await batch.heartbeat();
    }
  }
};
