import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { eventually } from './program.js';
import { startProxy, type TcpProxy } from './proxy.js';

/** Says back what it hears, and remembers the pieces. */
const echoServer = async (): Promise<Readonly<{ server: Server; port: number; pieces: Buffer[]; sockets: Set<Socket> }>> => {
  const pieces: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      pieces.push(bytes);
      socket.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, pieces, sockets };
};

type Client = Readonly<{ socket: Socket; heard(): string; failure(): string | undefined; closed(): boolean }>;

const clientOf = (port: number): Client => {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let heard = '';
  let failure: string | undefined;
  let closed = false;
  socket.on('data', (bytes) => (heard += bytes.toString()));
  socket.on('error', (error) => {
    failure = (error as NodeJS.ErrnoException).code;
  });
  socket.on('close', () => {
    closed = true;
  });
  return { socket, heard: () => heard, failure: () => failure, closed: () => closed };
};

const heard = (client: Client, text: string) =>
  eventually(`'${text}'`, 20_000, () => (client.heard() === text ? true : undefined));
const quiet = () => new Promise((resolve) => setTimeout(resolve, 150));

let echo: Awaited<ReturnType<typeof echoServer>>;
let proxy: TcpProxy;
let clients: Client[];
const client = (): Client => {
  const made = clientOf(proxy.port);
  clients.push(made);
  return made;
};
beforeEach(async () => {
  clients = [];
  echo = await echoServer();
  proxy = await startProxy({ target: echo.port, random: () => 0.5 });
});
afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await proxy.close();
  for (const socket of echo.sockets) socket.destroy();
  await new Promise((resolve) => echo.server.close(resolve));
});

describe('a proxy', () => {
  it('passes everything on, both ways, and the end of a connection', async () => {
    const one = client();
    one.socket.write('there and back');
    await heard(one, 'there and back');
    one.socket.end();
    await eventually('its end', 20_000, () => (one.closed() && echo.sockets.size === 0 && proxy.open() === 0 ? true : undefined));
    expect(proxy.counts()).toEqual({ connections: 1, broken: 0, refused: 0, swallowed: 0, delayed: 0, sliced: 0 });
  });

  it('down: breaks what is open, refuses what comes, and works again when healed', async () => {
    const one = client();
    one.socket.write('a');
    await heard(one, 'a');
    proxy.trouble({ down: true });
    await eventually('the break', 20_000, () => (one.closed() ? true : undefined));
    const two = client();
    await eventually('the refusal', 20_000, () => (two.closed() ? true : undefined));
    expect(proxy.counts()).toMatchObject({ broken: 1, refused: 1 });
    proxy.heal();
    const three = client();
    three.socket.write('b');
    await heard(three, 'b');
  });

  it('black hole: the client hears nothing and the connection stays open; it is reset when the hole closes', async () => {
    const one = client();
    one.socket.write('a');
    await heard(one, 'a');
    proxy.trouble({ blackHole: 'both' });
    one.socket.write('lost');
    const two = client();
    two.socket.write('lost too');
    await quiet();
    expect([one.heard(), one.closed(), two.heard(), two.closed()]).toEqual(['a', false, '', false]);
    expect(Buffer.concat(echo.pieces).toString()).toBe('a');
    proxy.heal();
    await eventually('the reset', 20_000, () => (one.closed() && two.closed() ? true : undefined));
    expect(proxy.counts()).toMatchObject({ swallowed: 12, broken: 2 });
  });

  it('black hole one way: the server hears the client, who does not hear the answer, and the other way round', async () => {
    const one = client();
    proxy.trouble({ blackHole: 'to-client' });
    one.socket.write('question');
    await eventually('the question', 20_000, () => (Buffer.concat(echo.pieces).toString() === 'question' ? true : undefined));
    await quiet();
    expect(one.heard()).toBe('');
    proxy.trouble({ blackHole: 'to-server' });
    one.socket.write('more');
    for (const socket of echo.sockets) socket.write('news');
    await heard(one, 'news');
    expect(Buffer.concat(echo.pieces).toString()).toBe('question');
  });

  it('latency: each piece waits, the order stays', async () => {
    const one = client();
    proxy.trouble({ latencyMs: 150 });
    const from = Date.now();
    one.socket.write('1');
    await quiet();
    one.socket.write('2');
    proxy.heal();
    one.socket.write('3');
    await heard(one, '123');
    // Both ways, less what a timer may be early.
    expect(Date.now() - from).toBeGreaterThan(140);
    expect(proxy.counts().delayed).toBeGreaterThan(0);
  });

  it('slice: the bytes come in pieces, none is lost', async () => {
    const one = client();
    proxy.trouble({ sliceBytes: 7 });
    const text = 'x'.repeat(10_000);
    one.socket.write(text);
    await heard(one, text);
    expect(proxy.counts().sliced).toBeGreaterThan(0);
  });

  it('reset: what is open breaks with an error, what comes next works', async () => {
    const one = client();
    one.socket.write('a');
    await heard(one, 'a');
    expect(proxy.reset()).toBe(1);
    await eventually('the reset', 20_000, () => (one.closed() ? true : undefined));
    expect(one.failure()).toBe('ECONNRESET');
    const two = client();
    two.socket.write('b');
    await heard(two, 'b');
  });

  it('connections that die: each one within its time, also those that were open before', async () => {
    const one = client();
    one.socket.write('a');
    await heard(one, 'a');
    proxy.trouble({ diesAfterMs: [50, 150] });
    const two = client();
    await eventually('two deaths', 20_000, () => (one.closed() && two.closed() ? true : undefined));
    expect(proxy.counts().broken).toBe(2);
  });

  it('another target: new connections go there', async () => {
    const other = await echoServer();
    try {
      proxy.target(other.port);
      const one = client();
      one.socket.write('a');
      await heard(one, 'a');
      expect([echo.pieces.length, other.pieces.length]).toEqual([0, 1]);
    } finally {
      for (const socket of other.sockets) socket.destroy();
      await new Promise((resolve) => other.server.close(resolve));
    }
  });

  it('a server that is away: the connection breaks', async () => {
    const nowhere = await echoServer();
    await new Promise((resolve) => nowhere.server.close(resolve));
    proxy.target(nowhere.port);
    const one = client();
    await eventually('the break', 20_000, () => (one.closed() ? true : undefined));
  });
});
