import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { isRunning, type ProcessRef } from '../../src/engines/process-identity.js';
import { type ServerContext, type ServerPlan, startServer } from '../../src/engines/start-server.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

const setting = (signal = new AbortController().signal) => {
  const processes: ProcessRef[] = [];
  const context: ServerContext = {
    dataFolder: folder(),
    logFolder: join(folder(), 'logs'),
    env: process.env,
    signal,
    onProcess: (one) => void processes.push(one),
  };
  return { context, processes };
};

const plan = (script: string, isReady: () => Promise<boolean> = async () => true): ServerPlan => ({
  name: 'some',
  ports: 1,
  graceMs: 1_000,
  launch: ([port]) => ({ command: process.execPath, args: ['-e', script, String(port)], isReady }),
});

const RUN = 'setInterval(() => {}, 1000)';

describe('starting a server', () => {
  it('waits until it is ready', async () => {
    const { context, processes } = setting();
    let looks = 0;
    const server = await startServer(
      plan(RUN, async () => ++looks === 3),
      context,
    );
    expect(looks).toBe(3);
    expect(server.process.processes).toEqual(processes);
    expect(processes.every(isRunning)).toBe(true);
    await server.process.stop();
    expect(processes.some(isRunning)).toBe(false);
  });

  it('that ends instead: quotes the end of its log and names the file', async () => {
    const { context } = setting();
    const failing = plan("console.error('no room on the disk'); process.exit(3)", async () => false);
    await expect(startServer(failing, context)).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      kind: 'environment',
      found: expect.stringMatching(/^some ended .*exit code 3.*logs\/some\.log, which ends with:\nno room on the disk\n/s),
    });
  });

  it('keeps the log of the time before', async () => {
    const { context } = setting();
    const saying = (text: string) => plan(`console.log('${text}'); process.exit(1)`, async () => false);
    await expect(startServer(saying('first'), context)).rejects.toThrow('first');
    await expect(startServer(saying('second'), context)).rejects.toThrow('second');
    expect(readFileSync(join(folder(), 'logs', 'some.previous.log'), 'utf8')).toBe('first\n');
    expect(readFileSync(join(folder(), 'logs', 'some.log'), 'utf8')).toBe('second\n');
  });

  it('that has ended is not ready, whoever answers in its place', async () => {
    const { context } = setting();
    const isReady = () => new Promise<boolean>((resolve) => setTimeout(resolve, 500, true));
    const answered = plan('process.exit(4)', isReady);
    await expect(startServer(answered, context)).rejects.toMatchObject({ found: expect.stringContaining('exit code 4') });
  });

  it('leaves nothing behind when it is aborted', async () => {
    const { context, processes } = setting(AbortSignal.timeout(500));
    await expect(
      startServer(
        plan(RUN, async () => false),
        context,
      ),
    ).rejects.toThrow('timeout');
    expect(processes).toHaveLength(2);
    expect(processes.some(isRunning)).toBe(false);
  });

  it('does not begin when it was aborted before', async () => {
    const { context, processes } = setting(AbortSignal.abort(new Error('no more')));
    await expect(startServer(plan(RUN), context)).rejects.toThrow('no more');
    expect(processes).toEqual([]);
  });

  it('takes other ports when a program was quicker, but does not try for ever', async () => {
    const { context, processes } = setting();
    const listen =
      "require('net').createServer().listen(Number(process.argv[1]), '127.0.0.1', () => console.log('it', 'listens'))";
    const ports: number[] = [];
    const thief = createServer();
    const stolen: ServerPlan = {
      ...plan(listen),
      launch([port = 0]) {
        ports.push(port);
        if (ports.length === 1) thief.listen(port, '127.0.0.1');
        const isReady = async () => readFileSync(join(folder(), 'logs', 'some.log'), 'utf8').includes('it listens');
        return { command: process.execPath, args: ['-e', listen, String(port)], isReady };
      },
    };
    const server = await startServer(stolen, context).finally(() => thief.close());
    expect(server.ports).toEqual([ports[1]]);
    expect(ports[1]).not.toBe(ports[0]);
    await server.process.stop();

    processes.length = 0;
    const always = plan("console.error('bind: Address already in use'); process.exit(1)", async () => false);
    await expect(startServer(always, context)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(processes).toHaveLength(3 * 2);
  });
});
