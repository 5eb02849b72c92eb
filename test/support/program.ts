import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { delayOrAbort } from '../../src/core/delay.js';

const MAIN = join(__dirname, '..', '..', 'dist', 'main.js');

/** The built program as a child process. */
export type Program = Readonly<{
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Waits until stderr holds a text. */
  said(text: string, withinMs?: number): Promise<void>;
  /** The exit code, or the name of the signal that ended it. */
  ended(withinMs?: number): Promise<number | string>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | string>;
}>;

/** Files that take what a program writes, in place of what `stdout()` and `stderr()` give. */
type OutputFiles = Readonly<{
  stdout?: string;
  stderr?: string;
  /** A file takes so many blocks of 512 bytes, and of a longer text a part, as a disk does that becomes full. */
  blocks?: number;
}>;

export type ProgramOptions = Readonly<{ env: Readonly<Record<string, string>>; cwd: string; to?: OutputFiles }>;

const started = new Set<ChildProcess>();

/** Ends what a failed test has left running. */
export const endPrograms = (): void => {
  for (const child of started) child.kill('SIGKILL');
  started.clear();
};

/** Waits until `found` gives something, looking again every 100 ms. */
export const eventually = async <T>(
  what: string,
  withinMs: number,
  found: () => Promise<T | undefined> | T | undefined,
): Promise<T> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const result = await found();
    if (result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await delayOrAbort(100, new AbortController().signal);
  }
};

/** Starts `rowbridge <args>` with nothing in its environment but the path and what is given. */
export const rowbridge = (args: readonly string[], { env, cwd, to = {} }: ProgramOptions): Program => {
  const outputs = [to.stdout, to.stderr].map((file) => (file === undefined ? 'pipe' : openSync(file, 'a')));
  const direct = [process.execPath, MAIN, ...args];
  const limited = `trap '' XFSZ; ulimit -f ${to.blocks}; exec "$0" "$@"`;
  const [command = '', ...words] = to.blocks === undefined ? direct : ['sh', '-c', limited, ...direct];
  const child = spawn(command, words, {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', ...outputs],
  });
  for (const output of outputs) if (typeof output === 'number') closeSync(output);
  started.add(child);
  const text = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  const exit = new Promise<number | string>((resolve) =>
    child.on('close', (code, signal) => {
      started.delete(child);
      resolve(code ?? signal ?? 'unknown');
    }),
  );
  let code: number | string | undefined;
  void exit.then((ended) => {
    code = ended;
  });
  const context = () => `${args.join(' ')}\nstdout: ${text.stdout.slice(-1500)}\nstderr: ${text.stderr.slice(-3000)}`;
  const ended = (withinMs = 60_000) =>
    eventually(`the end of ${context()}`, withinMs, () => code).catch((error: Error) => {
      throw new Error(`${error.message}\n${context()}`);
    });
  return {
    child,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    async said(wanted, withinMs = 60_000) {
      await eventually(`'${wanted}'`, withinMs, () => {
        if (text.stderr.includes(wanted)) return true;
        if (code !== undefined) throw new Error(`ended with ${code} before it said '${wanted}': ${context()}`);
        return undefined;
      }).catch((error: Error) => {
        throw new Error(`${error.message}\n${context()}`);
      });
    },
    ended,
    signal: (name) => void child.kill(name),
    stop: async () => {
      child.kill('SIGTERM');
      return ended(20_000);
    },
  };
};
