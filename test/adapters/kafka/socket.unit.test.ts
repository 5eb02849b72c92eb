import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { kafkaClient } from '../../../src/adapters/kafka/client.js';
import { kafkaSocket } from '../../../src/adapters/kafka/socket.js';
import { silentLog } from '../../support/silent-log.js';

const HOST = '127.0.0.1';

describe('sockets of kafkajs', () => {
  const servers: Server[] = [];
  const taken: Socket[] = [];

  /** A broker that takes connections, and closes none by itself. */
  const listening = async (onConnection: (socket: Socket) => void = () => {}): Promise<number> => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      taken.push(socket);
      socket.on('error', () => {});
      onConnection(socket);
    });
    servers.push(server.listen(0, HOST));
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };

  afterEach(() => {
    for (const socket of taken.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  const opened = (port: number, onConnect = () => {}): Socket =>
    kafkaSocket({ host: HOST, port, ssl: undefined as never, onConnect });

  test('one that was ended is closed, although the broker never closes its side', async () => {
    const socket = opened(await listening());
    await once(socket, 'connect');
    socket.end();
    expect(socket.destroyed).toBe(true);
  });

  test('one that was given up while it connected does not connect any more', async () => {
    let connected = 0;
    const socket = opened(await listening((there) => there.end()), () => {
      connected += 1;
    });
    socket.end();
    await once(socket.resume(), 'close');
    expect(connected).toBe(0);
  });

  test('those of a broker that hangs up again and again keep no listener', async () => {
    const made: Socket[] = [];
    const seen = (message: unknown) => made.push((message as Readonly<{ socket: Socket }>).socket);
    subscribe('net.client.socket', seen);
    try {
      const port = await listening((there) => there.once('data', () => there.end()));
      const admin = kafkaClient({ brokers: [`${HOST}:${port}`], clientId: 'test', log: silentLog }).admin();
      await expect(admin.connect()).rejects.toThrow('Closed connection');
      await Promise.all(made.map(async (socket) => socket.closed || (await once(socket, 'close'))));
      for (let again = 0; again < 20; again++) await admin.disconnect();
    } finally {
      unsubscribe('net.client.socket', seen);
    }
    expect(made.length).toBeGreaterThan(1);
    expect(made.map((socket) => socket.listenerCount('connect'))).toEqual(made.map(() => 0));
  });
});
