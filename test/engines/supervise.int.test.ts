import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isRunning, type ProcessRef } from '../../src/engines/process-identity.js';
import { type Command, type Supervised, supervise } from '../../src/engines/supervise.js';
import { until } from './engine-home.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const BUILT_SUPERVISE = pathToFileURL(join(__dirname, '../../dist/engines/supervise.js')).href;

const STUBBORN = "process.on('SIGTERM', () => {}); console.log('on'); setInterval(() => {}, 1000);";
const WITH_CHILD = `const c = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(STUBBORN)}]);
c.stdout.once('data', () => console.log('child', c.pid, '.'));`;

const node = (script: string, changes: Partial<Command> = {}): Command => ({
  command: process.execPath,
  args: ['-e', script],
  cwd: folder(),
  env: process.env,
  graceMs: 1_000,
  ...changes,
});

const gone = (processes: readonly ProcessRef[], withinMs?: number) =>
  until('that processes end', () => !processes.some(isRunning), withinMs);

const withLog = async (script: string, changes: Partial<Command> = {}): Promise<{ one: Supervised; log: () => string }> => {
  const file = join(folder(), 'log');
  const outputTo = openSync(file, 'w');
  const one = await supervise(node(script, { outputTo, ...changes }));
  closeSync(outputTo);
  return { one, log: () => readFileSync(file, 'utf8') };
};

describe('a supervised process', () => {
  it('writes into its log, and stops when it is asked to', async () => {
    const { one, log } = await withLog("console.log('out'); console.error('err'); setInterval(() => {}, 1000)", {
      graceMs: 30_000,
    });
    await until('output', () => log().includes('err'));
    expect(log()).toBe('out\nerr\n');
    expect(one.processes.every(isRunning)).toBe(true);
    await one.stop();
    // Not SIGKILL: it was not waited for until it was killed.
    expect(await one.ended).toBe('signal SIGTERM');
    expect(one.processes.some(isRunning)).toBe(false);
    await one.stop();
  });

  it('is killed when it does not stop in time', async () => {
    const { one, log } = await withLog(STUBBORN);
    await until('output', () => log().includes('on'));
    const from = Date.now();
    await one.stop();
    expect(Date.now() - from).toBeGreaterThan(900);
    await gone(one.processes);
  });

  it('takes with it at once what it started itself', async () => {
    const { one, log } = await withLog(WITH_CHILD, { graceMs: 30_000 });
    await until('output', () => log().includes('.'));
    const child = Number(/child (\d+)/.exec(log())?.[1]);
    process.kill(one.pid, 'SIGKILL');
    expect(await one.ended).toBe('signal SIGKILL');
    await until('that the child ends', () => !existsSync(`/proc/${child}`));
  });

  it('tells how it ended by itself', async () => {
    const one = await supervise(node('process.exit(7)'));
    expect(await one.ended).toBe('exit code 7');
  });

  it('ends when its supervisor is killed', async () => {
    const { one } = await withLog(STUBBORN);
    const [supervisor] = one.processes as [ProcessRef];
    process.kill(supervisor.pid, 'SIGKILL');
    expect(await one.ended).toBe('killed together with its supervisor');
    await gone(one.processes);
  });

  it('that cannot be started is told, with why', async () => {
    await expect(supervise(node('', { command: '/no/such/program' }))).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      kind: 'environment',
      found: expect.stringContaining('ENOENT'),
    });
  });

  it('gets the environment that was handed in, without what is meant for us', async () => {
    const one = await supervise(
      node("console.log(process.env.GIVEN, process.env.NODE_OPTIONS, process.env.HOME); console.log('.')", {
        env: { GIVEN: 'yes', NODE_OPTIONS: '--no-warnings' },
      }),
    );
    let output = '';
    one.output?.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    await one.ended;
    expect(output).toBe('yes undefined undefined\n.\n');
  });
});

const holders: ChildProcess[] = [];

afterEach(() => {
  for (const child of holders.splice(0)) child.kill('SIGKILL');
});

/** A program that supervises one stubborn process and tells who its processes are. */
const holder = async (): Promise<{ pid: number; processes: ProcessRef[]; exited: Promise<unknown> }> => {
  const command = node(STUBBORN, { env: {} });
  const script = `
    const { supervise } = await import(${JSON.stringify(BUILT_SUPERVISE)});
    const one = await supervise(${JSON.stringify(command)});
    one.output.once('data', () => console.log(JSON.stringify(one.processes)));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  holders.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid as number, processes: JSON.parse(line.toString()), exited: once(child, 'exit') };
};

describe('the program that started it', () => {
  it('is killed: the process stops, by force after its time', async () => {
    const { pid, processes, exited } = await holder();
    process.kill(pid, 'SIGKILL');
    await exited;
    expect(processes.every(isRunning)).toBe(true);
    await gone(processes, 3_000);
  });

  it('gets a Ctrl-C, which reaches its whole group: the process is not in it', async () => {
    const { pid, processes, exited } = await holder();
    const command = readFileSync(`/proc/${processes[1]?.pid}/stat`, 'utf8');
    expect(command.slice(command.lastIndexOf(')')).split(' ')[3]).toBe(String(processes[0]?.pid));
    process.kill(-pid, 'SIGINT');
    await exited;
    await gone(processes, 3_000);
  });
});
