import { inTermsOf } from './errors.js';

type Client = Readonly<{ connect(): Promise<void>; disconnect(): Promise<void> }>;

export type Renewed<C> = Readonly<{
  /** Runs a call with a deadline and in rowbridge's terms; `what` says what it does. Connects on the first use. */
  use<T>(what: string, call: (client: C) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}>;

/**
 * A client of kafkajs that is thrown away after a call that failed: it remembers leaders and coordinators for minutes, also where
 * they have moved, and would fail again and again.
 */
export const renewed = <C extends Client>(make: () => C): Renewed<C> => {
  let current: Promise<C> | undefined;

  const connected = async (): Promise<C> => {
    const client = make();
    await client.connect();
    return client;
  };

  const drop = async (opened: Promise<C> | undefined): Promise<void> => {
    if (current === opened) current = undefined;
    await opened?.then((client) => client.disconnect()).catch(() => {});
  };

  return {
    async use(what, call) {
      current ??= connected();
      const mine = current;
      try {
        return await inTermsOf(what, async () => call(await mine));
      } catch (error) {
        void drop(mine);
        throw error;
      }
    },
    close: () => drop(current),
  };
};
