import { spawn } from 'node:child_process';
import { BridgeError } from '../core/errors.js';
import { refOf } from './process-identity.js';
import type { ServerContext } from './start-server.js';

const KEPT_CHARACTERS = 4000;

export type Run = Readonly<{ name: string; command: string; args: readonly string[]; input: string; withinMs: number }>;

/**
 * Runs a short command to its end.
 * @throws BridgeError `environment` quoting the end of its output when it fails or takes too long; the signal's reason when it was aborted.
 */
export const runToEnd = async ({ name, command, args, input, withinMs }: Run, context: ServerContext): Promise<void> => {
  const { env, signal, onProcess } = context;
  signal.throwIfAborted();
  const both = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const child = spawn(command, args, { env: { ...env }, stdio: 'pipe', signal: both, killSignal: 'SIGKILL', windowsHide: true });
  if (child.pid !== undefined) onProcess(refOf(child.pid));
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = `${output}${chunk}`.slice(-KEPT_CHARACTERS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  // A command that ends early reads no more.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let how = '';
  child.on('error', (error) => {
    how = both.aborted ? `it took longer than ${withinMs / 1000} s` : error.message;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  signal.throwIfAborted();
  if (code === 0) return;
  const found = `${name} failed (${how || `exit code ${code}`}):\n${output.trim().split('\n').slice(-12).join('\n')}\n`;
  throw new BridgeError({
    code: 'ENGINE_FAILED',
    kind: 'environment',
    found,
    fix: 'Put right what it says, or use Docker: docker compose up.',
  });
};
