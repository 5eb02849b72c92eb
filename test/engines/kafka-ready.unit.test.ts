import { createServer } from 'node:net';
import { freePorts } from '../../src/engines/free-ports.js';
import { kafkaAnswers } from '../../src/engines/kafka-ready.js';

describe('whether Kafka answers', () => {
  const answering = async (bytes: Buffer): Promise<boolean> => {
    const server = createServer((socket) => void socket.resume().end(bytes)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const answer = await kafkaAnswers(port);
    await new Promise((resolve) => server.close(resolve));
    return answer;
  };

  it('yes, when it gives the answer to our question', async () => {
    expect(await answering(Buffer.from('000000060000' + '4e90' + '0000', 'hex'))).toBe(true);
  });

  it('no, when somebody else answers, or nobody', async () => {
    expect(await answering(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))).toBe(false);
    expect(await answering(Buffer.from('0000000600000001' + '0000', 'hex'))).toBe(false);
    expect(await answering(Buffer.alloc(0))).toBe(false);
    expect(await kafkaAnswers((await freePorts(1))[0] as number)).toBe(false);
  });
});
