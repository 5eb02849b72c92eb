import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLogs } from '../support/oracle.js';
import { eventually } from '../support/program.js';

const ROOT = join(__dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'main.js');
const GONE_WITHIN_MS = 10_000;
const LINES = /^seeded \d+, changed \d+, captured \d+, published \d+ \| consumer_1 \[/m;

let directory: string;
let children: ChildProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rowbridge-up-'));
  mkdirSync(join(directory, '.rowbridge'));
  // The downloads of the checkout, so that they are unpacked only once.
  mkdirSync(join(ROOT, '.rowbridge', 'dist'), { recursive: true });
  symlinkSync(join(ROOT, '.rowbridge', 'dist'), join(directory, '.rowbridge', 'dist'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});
afterAll(async () => rm(directory, { recursive: true, force: true }));

/** Every process that has the test's directory in its command line: servers, supervisors. */
const processes = (): string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(directory) ? [`${pid} ${line.slice(0, 200)}`] : [];
      } catch {
        return [];
      }
    });

const gone = () =>
  eventually(`no process left of ${directory}`, GONE_WITHIN_MS, () => (processes().length === 0 ? true : undefined));

type Started = Readonly<{ child: ChildProcess; output(): string; ended: Promise<number | string> }>;

const environment = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };

const start = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Started => {
  const child = spawn(command, args, {
    cwd: directory,
    env: { ...environment, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | string>((resolve) =>
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  );
  return { child, output: () => output, ended };
};

const running = async (started: Started): Promise<void> => {
  await eventually(`a line of progress in: ${started.output()}`, 110_000, () =>
    LINES.test(started.output()) ? true : undefined,
  ).catch(() => {
    throw new Error(`no line of progress in: ${started.output()}`);
  });
  expect(processes().length).toBeGreaterThanOrEqual(3);
};

const lineCount = (): number => [...readLogs(join(directory, 'consumer_logs')).values()].flat().length;

describe('up, on servers of its own', () => {
  it('--once brings the 50 rows into the logs, says so, and ends', async () => {
    const up = start(process.execPath, [MAIN, 'up', '--once', '--rate', '50']);
    expect({ code: await up.ended, output: up.output() }).toEqual({
      code: 0,
      output: expect.stringMatching(/consumer_5 {2}partitions and records/),
    });
    expect(up.output()).toMatch(/MySQL +127\.0\.0\.1:\d+\nKafka +127\.0\.0\.1:\d+\nregistry +http:/);
    expect(lineCount()).toBe(50);
    await gone();
  }, 150_000);

  it('Ctrl-C, which reaches the whole process group, stops everything and ends with 0', async () => {
    const up = start(process.execPath, [MAIN, 'up', '--rate', '50']);
    await running(up);
    process.kill(-(up.child.pid as number), 'SIGINT');
    expect(await up.ended).toBe(0);
    await gone();
    const last = up
      .output()
      .match(/seeded \d+.*/g)
      ?.pop();
    expect(last).toContain('lag');
  }, 150_000);

  it('killed with SIGKILL, leaves no process', async () => {
    const up = start(process.execPath, [MAIN, 'up', '--rate', '50']);
    await running(up);
    process.kill(up.child.pid as number, 'SIGKILL');
    expect(await up.ended).toBe('SIGKILL');
    await gone();
  }, 150_000);

  it('stops when npm is killed, which forwards no signal, and its shell lives on', async () => {
    // As npm does it: a shell between npm and the program. Here the outer shell is npm.
    const inner = `${process.execPath} ${MAIN} up --rate 50; true`;
    const npm = start('sh', ['-c', `sh -c '${inner}' & wait`], { npm_lifecycle_event: 'start' });
    await running(npm);
    process.kill(npm.child.pid as number, 'SIGKILL');
    await gone();
  }, 150_000);

  it('keeps its data: the next run adds nothing to what is in the logs but changes', async () => {
    const before = lineCount();
    const up = start(process.execPath, [MAIN, 'up', '--once']);
    expect({ code: await up.ended, output: up.output() }).toMatchObject({ code: 0 });
    expect(lineCount()).toBeGreaterThanOrEqual(before);
    const lines = [...readLogs(join(directory, 'consumer_logs')).values()].flat();
    const places = lines.map(({ _kafka: { partition, offset } }) => `${partition}/${offset}`);
    expect(new Set(places).size).toBe(places.length);
    await gone();
    expect(existsSync(join(directory, '.rowbridge', 'running.json'))).toBe(false);
  }, 150_000);
});
