import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const KEEP_ALIVE_DELAY_MS = 60_000;

/**
 * The sockets of kafkajs, closed at once when it ends them. By then it waits for no answer on them, but it goes on listening: a broker
 * that hangs never closes its side, so that each attempt would leave a socket behind, and a connection that comes about after its
 * timeout, or is closed by the broker much later, would be taken for its successor's.
 */
export const kafkaSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = ssl ? connectTls({ host, port, ...servername, ...ssl }, onConnect) : connect({ host, port }, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  socket.end = () => socket.destroy();
  // kafkajs calls it after each end, again and again on one that is long gone: there Node adds a listener for a connection to come.
  socket.unref = () => socket;
  return socket;
};
