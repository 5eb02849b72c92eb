import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What a proxy does to what passes through it. All of it can be changed at any time, also for connections that are open. */
export type Trouble = Readonly<{
  /** Refuses new connections and breaks those that are open. */
  down?: boolean;
  /** Swallows what comes from the client, from the server, or both; connections stay open, and new ones are taken. */
  blackHole?: 'both' | 'to-server' | 'to-client';
  /** Each piece waits for so long, in its order. */
  latencyMs?: number;
  /** Pieces of at most so many bytes. */
  sliceBytes?: number;
  /** Every connection dies after a time between these, counted from its beginning or from when the trouble begins. */
  diesAfterMs?: readonly [least: number, most: number];
}>;

export type TcpProxy = Readonly<{
  port: number;
  /** From now on this and nothing else is wrong. Bytes that were swallowed stay lost: their connections are reset when it heals. */
  trouble(trouble: Trouble): void;
  heal(): void;
  /** Resets every connection that is open (RST); how many. */
  reset(): number;
  /** Connections from now on go there. */
  target(port: number): void;
  /** What happened so far, as proof that it did. */
  counts(): Readonly<{
    connections: number;
    broken: number;
    refused: number;
    swallowed: number;
    delayed: number;
    sliced: number;
  }>;
  open(): number;
  close(): Promise<void>;
}>;

type Pair = { readonly client: Socket; readonly server: Socket; lostBytes: boolean; death: NodeJS.Timeout | undefined };

export type ProxyOptions = Readonly<{ target: number; port?: number; random?: () => number }>;

const HOST = '127.0.0.1';

/** A TCP proxy on this machine that does harm on demand. */
export const startProxy = async ({ target: first, port = 0, random = Math.random }: ProxyOptions): Promise<TcpProxy> => {
  let target = first;
  let trouble: Trouble = {};
  const pairs = new Set<Pair>();
  const counts = { connections: 0, broken: 0, refused: 0, swallowed: 0, delayed: 0, sliced: 0 };

  const drop = (pair: Pair): void => {
    if (!pairs.delete(pair)) return;
    clearTimeout(pair.death);
    for (const socket of [pair.client, pair.server]) socket.destroy();
  };
  const breakOff = (pair: Pair): void => {
    if (!pairs.has(pair)) return;
    counts.broken += 1;
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
    drop(pair);
  };
  const mortal = (pair: Pair): void => {
    clearTimeout(pair.death);
    pair.death = undefined;
    if (trouble.diesAfterMs === undefined) return;
    const [least, most] = trouble.diesAfterMs;
    pair.death = setTimeout(breakOff, least + random() * (most - least), pair);
  };

  const deliver = (to: Socket, bytes: Buffer): void => {
    const { sliceBytes } = trouble;
    if (sliceBytes === undefined || bytes.length <= sliceBytes) {
      to.write(bytes);
      return;
    }
    counts.sliced += 1;
    for (let at = 0; at < bytes.length; at += sliceBytes) to.write(bytes.subarray(at, at + sliceBytes));
  };

  const pass = (pair: Pair, from: Socket, to: Socket, way: 'to-server' | 'to-client'): void => {
    let late = Promise.resolve();
    let waiting = 0;
    const inTurn = (call: () => void): void => {
      const { latencyMs = 0 } = trouble;
      // A piece never overtakes one that still waits.
      if (latencyMs === 0 && waiting === 0) {
        call();
        return;
      }
      waiting += 1;
      const due = new Promise<void>((resolve) => setTimeout(resolve, latencyMs));
      late = late
        .then(() => due)
        .then(() => {
          waiting -= 1;
          if (pairs.has(pair)) call();
        });
    };
    to.setNoDelay(true);
    from.on('data', (bytes: Buffer) => {
      if (trouble.blackHole === 'both' || trouble.blackHole === way) {
        counts.swallowed += bytes.length;
        pair.lostBytes = true;
        return;
      }
      if (trouble.latencyMs !== undefined) counts.delayed += 1;
      inTurn(() => {
        deliver(to, bytes);
        if (to.writableLength > 1_000_000) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    });
    // In a black hole nobody hears that the other one has gone.
    from.on('end', () => {
      if (trouble.blackHole === undefined) inTurn(() => to.end());
      else pair.lostBytes = true;
    });
    from.on('error', () => trouble.blackHole === undefined && drop(pair));
    from.on('close', () => trouble.blackHole === undefined && inTurn(() => drop(pair)));
  };

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    if (trouble.down === true) {
      counts.refused += 1;
      client.resetAndDestroy();
      return;
    }
    counts.connections += 1;
    const server = connect({ port: target, host: HOST, allowHalfOpen: true });
    const pair: Pair = { client, server, lostBytes: false, death: undefined };
    pairs.add(pair);
    pass(pair, client, server, 'to-server');
    pass(pair, server, client, 'to-client');
    mortal(pair);
  });
  listener.listen(port, HOST);
  await once(listener, 'listening');

  const set = (next: Trouble): void => {
    trouble = next;
    for (const pair of [...pairs]) {
      if (next.down === true || (next.blackHole === undefined && pair.lostBytes)) breakOff(pair);
      else mortal(pair);
    }
  };
  return {
    port: (listener.address() as AddressInfo).port,
    trouble: set,
    heal: () => set({}),
    reset() {
      const open = [...pairs];
      open.forEach(breakOff);
      return open.length;
    },
    target(next) {
      target = next;
    },
    counts: () => ({ ...counts }),
    open: () => pairs.size,
    close: () =>
      new Promise((resolve) => {
        [...pairs].forEach(drop);
        listener.close(() => resolve());
      }),
  };
};
