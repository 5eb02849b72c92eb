import { isRunning, type ProcessRef } from '../../src/engines/process-identity.js';
import { runToEnd } from '../../src/engines/run-to-end.js';
import type { ServerContext } from '../../src/engines/start-server.js';

const processes: ProcessRef[] = [];
const running: boolean[] = [];

const context = (signal = new AbortController().signal): ServerContext => ({
  dataFolder: '',
  logFolder: '',
  env: { GIVEN: 'yes' },
  signal,
  onProcess(one) {
    processes.push(one);
    running.push(isRunning(one));
  },
});

const run = (script: string, signal?: AbortSignal, withinMs = 10_000): Promise<void> =>
  runToEnd({ name: 'trying', command: process.execPath, args: ['-e', script], input: 'some input', withinMs }, context(signal));

beforeEach(() => {
  processes.length = 0;
  running.length = 0;
});

describe('a short command', () => {
  it('runs to its end with its input and environment, and is told of while it runs', async () => {
    const sees = "require('fs').readFileSync(0, 'utf8') === 'some input' && process.env.GIVEN === 'yes' && !process.env.PATH";
    await run(`process.exit(${sees} ? 0 : 1)`);
    expect(running).toEqual([true]);
    expect(processes.some(isRunning)).toBe(false);
  });

  it('that fails is quoted', async () => {
    await expect(run("console.log('out'); console.error('the disk is full'); process.exit(2)")).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      kind: 'environment',
      found: expect.stringMatching(/^trying failed \(exit code 2\):\n.*the disk is full/s),
    });
  });

  it('that is not there is told', async () => {
    const missing = { name: 'trying', command: '/no/such/program', args: [], input: '', withinMs: 1_000 };
    await expect(runToEnd(missing, context())).rejects.toMatchObject({ found: expect.stringContaining('ENOENT') });
  });

  it('that takes too long is killed', async () => {
    await expect(run('setInterval(() => {}, 1000)', undefined, 300)).rejects.toMatchObject({
      found: expect.stringContaining('it took longer than 0.3 s'),
    });
    expect(processes.some(isRunning)).toBe(false);
  });

  it('is killed when it is aborted', async () => {
    await expect(run('setInterval(() => {}, 1000)', AbortSignal.timeout(300))).rejects.toThrow('timeout');
    expect(processes.some(isRunning)).toBe(false);
    await expect(run('', AbortSignal.abort(new Error('no more')))).rejects.toThrow('no more');
    expect(processes).toHaveLength(1);
  });
});
