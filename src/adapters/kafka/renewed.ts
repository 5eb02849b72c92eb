import { delayOrAbort } from '../../core/delay.js';
import { inTermsOf, isLeaderUnsettled } from './errors.js';

/** A topic is announced a moment before its leaders know of it, and leaders move. */
const LEADER_PAUSES_MS = [100, 200, 400, 800];

type Client = Readonly<{ connect(): Promise<void>; disconnect(): Promise<void> }>;

export type Renewed<C> = Readonly<{
  /**
   * Runs a call with a deadline and in rowbridge's terms; `what` says what it does. Connects on the first use.
   * Where a leader was not there the call is run again, a few times.
   */
  use<T>(what: string, call: (client: C) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}>;

/**
 * A client of kafkajs that is thrown away after a call that failed: it remembers leaders and coordinators for minutes, also where
 * they have moved, and would fail again and again.
 */
export const renewed = <C extends Client>(make: () => C): Renewed<C> => {
  let current: Promise<C> | undefined;
  let closing = new AbortController();

  const connected = async (): Promise<C> => {
    const client = make();
    await client.connect();
    return client;
  };

  const drop = async (opened: Promise<C> | undefined): Promise<void> => {
    if (current === opened) current = undefined;
    await opened?.then((client) => client.disconnect()).catch(() => {});
  };

  const once: Renewed<C>['use'] = async (what, call) => {
    current ??= connected();
    const mine = current;
    try {
      return await inTermsOf(what, async () => call(await mine));
    } catch (error) {
      void drop(mine);
      throw error;
    }
  };

  return {
    async use(what, call) {
      const { signal } = closing;
      for (let retries = 0; ; retries++) {
        try {
          return await once(what, call);
        } catch (error) {
          const pauseMs = LEADER_PAUSES_MS[retries];
          if (pauseMs === undefined || !isLeaderUnsettled(error) || !(await delayOrAbort(pauseMs, signal))) throw error;
        }
      }
    },
    close: () => {
      closing.abort();
      closing = new AbortController();
      return drop(current);
    },
  };
};
