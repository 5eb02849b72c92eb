import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { systemProcesses } from '../../../src/adapters/files/process-identity.js';

const processes = systemProcesses();
const { self } = processes;
const hasProc = existsSync('/proc/self/stat');
if (!hasProc) process.stderr.write('SKIPPED: when a process began: there is no /proc here\n');
const onLinux = hasProc ? it : it.skip;

/** A process that has ended and was waited for. */
const ended = async (): Promise<number> => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
};

describe('the state of a process', () => {
  it('is alive for our own', () => {
    expect(self.pid).toBe(process.pid);
    expect(processes.stateOf(self)).toBe('alive');
    expect(processes.stateOf(JSON.parse(JSON.stringify(self)))).toBe('alive');
  });

  it('is gone when no process has its pid', async () => {
    expect(processes.stateOf({ ...self, pid: await ended() })).toBe('gone');
  });

  onLinux('is gone when another process has been given its pid since', () => {
    expect(self.startTime).toMatch(/^\d+$/);
    expect(processes.stateOf({ ...self, startTime: `${Number(self.startTime) - 1}` })).toBe('gone');
  });

  it.each([
    ['another machine', { host: 'elsewhere' }],
    ['another container', { pidNamespace: 'pid:[1]' }],
    ['another kernel', { bootId: 'before' }],
  ])('is unknown on %s, whatever its pid', async (_where, other) => {
    expect(processes.stateOf({ ...self, ...other })).toBe('unknown');
    expect(processes.stateOf({ ...self, ...other, pid: await ended() })).toBe('unknown');
  });

  onLinux('is gone for one that has ended and was not waited for', async () => {
    // The shell becomes cat before its child ends, and cat never waits for it.
    const shell = spawn('/bin/sh', ['-c', 'sleep 0.5 & echo $!; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    try {
      const [pid] = (await once(shell.stdout, 'data')) as [Buffer];
      const zombie = { ...self, pid: Number(pid), startTime: '' };
      for (let tries = 0; tries < 100 && processes.stateOf(zombie) !== 'gone'; tries++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect(processes.stateOf(zombie)).toBe('gone');
      expect(() => process.kill(zombie.pid, 0)).not.toThrow();
    } finally {
      shell.stdin.end();
      await once(shell, 'exit');
    }
  });
});
