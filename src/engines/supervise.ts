import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { BridgeError } from '../core/errors.js';
import type { Environment } from './environment.js';
import { killProcess, type ProcessRef, refOf } from './process-identity.js';
import { readLines } from './read-lines.js';

/** The compiled one, also when this runs from the sources: node runs no TypeScript. */
const SUPERVISOR = fileURLToPath(new URL('../../dist/engines/supervisor.js', import.meta.url));
const SPARE_MS = 400;

export type Command = Readonly<{
  command: string;
  args: readonly string[];
  cwd: string;
  env: Environment;
  /** How long the process may take to stop before it is killed. */
  graceMs: number;
  /** A file descriptor for its output; without one, `output` gives it. */
  outputTo?: number;
  /** Called at once with the supervisor, and with the process as soon as it runs. */
  onProcess?(process: ProcessRef): void;
}>;

export type Supervised = Readonly<{
  /** The process and its supervisor. */
  processes: readonly ProcessRef[];
  pid: number;
  output: Readable | null;
  /** Resolves when the process has ended, with how. */
  ended: Promise<string>;
  /** Resolves when process and supervisor have ended, at the latest a moment after `graceMs`. */
  stop(): Promise<void>;
}>;

const launch = ({ command, args, cwd, env, graceMs, outputTo }: Command): ChildProcess => {
  if (!existsSync(SUPERVISOR)) {
    const found = `${SUPERVISOR} is missing.`;
    throw new BridgeError({ code: 'NOT_BUILT', kind: 'environment', found, fix: 'Run: npm run build' });
  }
  const to = outputTo ?? 'pipe';
  // NODE_OPTIONS is the user's for rowbridge: an inspector's port, say, can be opened only once.
  const { NODE_OPTIONS: _, ...rest } = env;
  return spawn(process.execPath, [SUPERVISOR, String(graceMs), command, ...args], {
    cwd,
    env: rest,
    stdio: ['pipe', to, to, 'pipe'],
    detached: true,
    windowsHide: true,
  });
};

type Reports = { pid: Promise<number | undefined>; ended: Promise<string> };

/** What the supervisor tells. One that was itself killed can say nothing, and takes its process with it all the same. */
const reportsOf = (supervisor: ChildProcess): Reports => {
  let ended = 'killed together with its supervisor';
  let server: ProcessRef | undefined;
  supervisor.once('exit', () => server !== undefined && killProcess(server));
  const over = new Promise<string>((resolve) => {
    supervisor.once('close', () => resolve(ended));
    supervisor.once('error', (error) => resolve(error.message));
  });
  const pid = new Promise<number | undefined>((resolve) => {
    readLines(supervisor.stdio[3] as Readable, (line) => {
      const fact = JSON.parse(line) as { pid?: number; ended?: string };
      if (fact.ended !== undefined) ended = fact.ended;
      if (fact.pid === undefined) return;
      server = refOf(fact.pid);
      resolve(fact.pid);
    });
    void over.then(() => resolve(undefined));
  });
  return { pid, ended: over };
};

const endedWithin = async (ended: Promise<string>, ms: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const inTime = await Promise.race([ended.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
};

/**
 * Starts a process that a Ctrl-C does not reach, and that stops when this program ends, however it ends.
 * @throws BridgeError `environment` when it cannot be started at all.
 */
export const supervise = async (command: Command): Promise<Supervised> => {
  const supervisor = launch(command);
  supervisor.stdin?.on('error', () => {});
  if (supervisor.pid !== undefined) command.onProcess?.(refOf(supervisor.pid));
  const reports = reportsOf(supervisor);
  const pid = await reports.pid;
  if (pid === undefined || supervisor.pid === undefined) {
    const found = `${command.command} could not be started: ${await reports.ended}.`;
    throw new BridgeError({
      code: 'ENGINE_FAILED',
      kind: 'environment',
      found,
      fix: 'Check that it may be run, or use Docker: docker compose up.',
    });
  }
  const processes = [refOf(supervisor.pid), refOf(pid)];
  command.onProcess?.(refOf(pid));
  const stop = async (): Promise<void> => {
    supervisor.stdin?.destroy();
    if (await endedWithin(reports.ended, command.graceMs + SPARE_MS)) return;
    processes.forEach(killProcess);
    await endedWithin(reports.ended, SPARE_MS);
  };
  return { processes, pid, output: supervisor.stdout, ended: reports.ended, stop };
};
