import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on this machine that can swallow everything in silence, as a network does behind which a host has vanished. */
export type SilentProxy = Readonly<{
  port: number;
  /** From now on nothing passes in either direction, and no end of a connection either. New connections are taken and hear nothing. */
  swallow(): void;
  /** New connections pass again; those that were open before stay dead, and their ends do not hear of it. */
  heal(): void;
  close(): Promise<void>;
}>;

type Pair = Readonly<{ near: Socket; far: Socket; silence(): void }>;

export const proxyTo = async (host: string, port: number): Promise<SilentProxy> => {
  const pairs = new Set<Pair>();
  let silent = false;
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host, port, allowHalfOpen: true });
    let passing = !silent;
    const pass = (from: Socket, to: Socket): void => {
      from.on('data', (bytes) => passing && to.write(bytes));
      from.on('end', () => passing && to.end());
      from.on('error', () => passing && to.destroy());
    };
    pass(near, far);
    pass(far, near);
    const pair: Pair = {
      near,
      far,
      silence: () => {
        passing = false;
      },
    };
    pairs.add(pair);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    swallow() {
      silent = true;
      for (const { silence } of pairs) silence();
    },
    heal() {
      silent = false;
    },
    async close() {
      for (const { near, far } of pairs) for (const socket of [near, far]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
