import { connect } from 'node:net';
import { LOOPBACK } from './free-ports.js';

const WITHIN_MS = 2_000;
const CORRELATION = 20_112;

/** An ApiVersions request, version 0: size, api key 18, version, correlation id, no client id. */
const apiVersionsRequest = (): Buffer => {
  const request = Buffer.alloc(14);
  request.writeInt32BE(10, 0);
  request.writeInt16BE(18, 4);
  request.writeInt32BE(CORRELATION, 8);
  request.writeInt16BE(-1, 12);
  return request;
};

const isAnswer = (bytes: Buffer): boolean =>
  bytes.length >= 10 && bytes.readInt32BE(4) === CORRELATION && bytes.readInt16BE(8) === 0;

/** True when a broker answers on that port. A broker opens its port only when it can do everything. */
export const kafkaAnswers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    let received = Buffer.alloc(0);
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(WITHIN_MS, () => done(false));
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
    socket.on('connect', () => socket.write(apiVersionsRequest()));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (isAnswer(received)) done(true);
    });
  });
