/**
 * The program between rowbridge and a server: `node supervisor.js <milliseconds> <command> <arguments...>`.
 * Holds the other end of rowbridge's pipe as its standard input. When that ends, for whatever reason, it asks the server to stop,
 * kills it after the given time, and ends itself. Nothing of its process group outlives it.
 * Standard output and error are the server's; what happens to the server is told as JSON lines on file descriptor 3.
 */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';

const REPORTS = 3;
const [graceMs = '5000', command = '', ...args] = process.argv.slice(2);

const report = (fact: object): void => {
  try {
    writeSync(REPORTS, `${JSON.stringify(fact)}\n`);
  } catch {
    // Nobody listens any more: rowbridge is gone.
  }
};

const server = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], windowsHide: true });
let killer: NodeJS.Timeout | undefined;

const signalGroup = (signal: NodeJS.Signals): void => {
  try {
    // Only a group's leader may do this: then the group holds nothing but this program and what the server started.
    process.kill(-process.pid, signal);
  } catch {
    server.kill(signal);
  }
};

const stop = (): void => {
  if (killer !== undefined) return;
  killer = setTimeout(signalGroup, Number(graceMs), 'SIGKILL');
  signalGroup('SIGTERM');
};

const end = (fact: object): void => {
  report(fact);
  clearTimeout(killer);
  process.stdin.destroy();
  signalGroup('SIGKILL');
};

server.on('spawn', () => report({ pid: server.pid }));
server.on('error', (error) => end({ ended: error.message }));
server.on('exit', (code, signal) => end({ ended: code === null ? `signal ${signal}` : `exit code ${code}` }));

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);
process.stdin.on('close', stop);
process.stdin.on('error', stop);
process.stdin.resume();
