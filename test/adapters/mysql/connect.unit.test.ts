import { createServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { openConnection } from '../../../src/adapters/mysql/connect.js';
import { driverOptions } from '../../../src/adapters/mysql/options.js';

const account = { host: '127.0.0.1', user: 'capture', password: 'hunter2' };

/** A server that takes connections and says nothing. */
const silentServer = async () => {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  return { port, close, sockets };
};

describe('openConnection', () => {
  it('gives up on a server that takes the connection and says nothing', async () => {
    const { port, close } = await silentServer();
    try {
      const opening = openConnection({ ...account, port }, { role: 'test', connectTimeoutMs: 100 });
      await expect(opening).rejects.toMatchObject({ code: 'MYSQL_UNAVAILABLE', kind: 'transient' });
    } finally {
      await close();
    }
  });

  it('says where nobody listens, and never the password', async () => {
    const { port, close } = await silentServer();
    await close();
    const error: unknown = await openConnection({ ...account, port, database: 'shop' }, { role: 'test' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      kind: 'transient',
      found: `MySQL at 127.0.0.1:${port} (user 'capture', database 'shop'): connect ECONNREFUSED 127.0.0.1:${port}.`,
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
  });

  it('gives up at once when the signal aborts, and leaves no connection behind', async () => {
    const { port, close, sockets } = await silentServer();
    try {
      const stop = new AbortController();
      const opening = openConnection({ ...account, port, signal: stop.signal }, { role: 'test' });
      const failed = expect(opening).rejects.toMatchObject({ kind: 'transient', found: expect.stringMatching(/given up/) });
      while (sockets.length === 0) await new Promise(setImmediate);
      const ended = new Promise((resolve) => sockets[0]?.once('close', resolve).resume());
      stop.abort();
      await failed;
      await ended;
      await expect(openConnection({ ...account, port, signal: stop.signal }, { role: 'test' })).rejects.toMatchObject({
        kind: 'transient',
        found: expect.stringContaining('given up'),
      });
    } finally {
      await close();
    }
  });
});

describe('driverOptions', () => {
  it('checks the name of a server that it talks TLS with', () => {
    const { ssl } = driverOptions({ ...account, host: 'db', port: 3306, ssl: { ca: 'a certificate' } }, { role: 'capture' });
    expect(ssl).toEqual({ ca: 'a certificate', verifyIdentity: true, rejectUnauthorized: true });
    expect(driverOptions({ ...account, port: 3306 }, { role: 'capture' })).not.toHaveProperty('ssl');
  });

  it.each(['127.0.0.1', '::1'])('does not talk TLS with the address %s, for which a certificate cannot be checked', (host) => {
    const options = () => driverOptions({ ...account, host, port: 3306, ssl: {} }, { role: 'capture' });
    expect(options).toThrow(expect.objectContaining({ code: 'MYSQL_TLS', kind: 'configuration' }));
  });

  it('keeps numbers, decimals and times as the server wrote them', () => {
    const options = driverOptions({ ...account, port: 3306 }, { role: 'capture' });
    expect(options).toMatchObject({ dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, jsonStrings: true });
    expect(options.connectAttributes).toMatchObject({
      program_name: 'rowbridge',
      _pid: String(process.pid),
      rowbridge_role: 'capture',
    });
  });
});
