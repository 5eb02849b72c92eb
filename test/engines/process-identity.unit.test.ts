import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identityOf, isRunning, killProcess, refOf } from '../../src/engines/process-identity.js';

const sleeper = async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  await once(child, 'spawn');
  return { child, pid: child.pid as number };
};

describe('who a process is', () => {
  it('stays the same while it runs, and is nobody afterwards', async () => {
    const { child, pid } = await sleeper();
    const ref = refOf(pid);
    expect(isRunning(ref)).toBe(true);
    expect(identityOf(pid)).toBe(ref.identity);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isRunning(ref)).toBe(false);
    expect(identityOf(pid)).toBeUndefined();
  });

  it('is told with ps where there is no /proc', async () => {
    const { child, pid } = await sleeper();
    expect(identityOf(pid, 'darwin')).toMatch(/\d\d:\d\d:\d\d/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(identityOf(pid, 'darwin')).toBeUndefined();
  });

  it('another process with the same pid is another, and is never killed in its place', async () => {
    const { child, pid } = await sleeper();
    const predecessor = { pid, identity: 'an older process' };
    expect(isRunning(predecessor)).toBe(false);
    killProcess(predecessor);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isRunning(refOf(pid))).toBe(true);
    killProcess(refOf(pid));
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  });

  it('an ended process that nobody has looked after yet does not run', async () => {
    const script =
      "const c = require('child_process').spawn('true'); console.log(c.pid); const t = Date.now(); while (Date.now() - t < 3000);";
    const parent = spawn(process.execPath, ['-e', script]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    await new Promise((resolve) => setTimeout(resolve, 300));
    const zombie = Number(line.toString());
    expect(() => process.kill(zombie, 0)).not.toThrow();
    expect(identityOf(zombie)).toBeUndefined();
    expect(identityOf(zombie, 'darwin')).toBeUndefined();
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });
});
