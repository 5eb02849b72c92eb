import { createServer } from 'node:net';
import { freePorts } from '../../src/engines/free-ports.js';

describe('free ports', () => {
  it('are different ones that can be listened on', async () => {
    const ports = await freePorts(5);
    expect(new Set(ports).size).toBe(5);
    const server = createServer().listen(ports[0], '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    await new Promise((resolve) => server.close(resolve));
  });
});
