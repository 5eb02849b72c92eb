import type { BridgeError } from '../core/errors.js';
import type { ServerFacts } from './running-engines.js';
import type { Server } from './start-server.js';

/** Who uses whom: a rank is stopped before the next one. */
const STOP_ORDER: readonly (readonly string[])[] = [['registry'], ['kafka', 'mysql']];

/** Servers that are started one by one and stop together. */
export type ServerGroup = Readonly<{
  /** Takes a server that is ready. */
  add(server: Server): void;
  facts(): readonly ServerFacts[];
  /** Aborts, with the BridgeError that tells, when a server ends that was not asked to. */
  died: AbortSignal;
  /** Resolves with that error. */
  whenDied: Promise<BridgeError>;
  stop(): Promise<void>;
}>;

export const serverGroup = (): ServerGroup => {
  const servers: Server[] = [];
  const trouble = new AbortController();
  const whenDied = new Promise<BridgeError>((resolve) => {
    trouble.signal.addEventListener('abort', () => resolve(trouble.signal.reason), { once: true });
  });
  let stopping = false;

  const stop = async (): Promise<void> => {
    stopping = true;
    for (const rank of STOP_ORDER) {
      await Promise.all(servers.filter(({ name }) => rank.includes(name)).map((server) => server.process.stop()));
    }
  };

  return {
    add(server) {
      servers.push(server);
      void server.process.ended.then((how) => {
        if (!stopping) trouble.abort(server.failure(`ended by itself (${how})`));
      });
    },
    facts: () => servers.map(({ name, process, ports, logFile }) => ({ name, pid: process.pid, port: ports[0] ?? 0, logFile })),
    died: trouble.signal,
    whenDied,
    stop,
  };
};
