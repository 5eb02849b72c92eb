import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockHome } from '../../src/engines/home-lock.js';
import { isRunning, refOf } from '../../src/engines/process-identity.js';
import { temporaryFolder } from './temporary-folder.js';

const home = temporaryFolder();
const signal = new AbortController().signal;
const lockFile = (): string => join(home(), 'lock.json');
const GONE = { pid: 4_000_000, identity: 'gone' };

const leaveBehind = (holder: object, processes: readonly object[] = []): void =>
  writeFileSync(lockFile(), JSON.stringify({ holder, processes }));

const sleeper = async (ms: number) => {
  const child = spawn(process.execPath, ['-e', `setTimeout(() => {}, ${ms})`]);
  await once(child, 'spawn');
  return { child, ref: refOf(child.pid as number) };
};

describe('the lock of a home', () => {
  it('lets one program in, and the next when it has left', async () => {
    const lock = await lockHome(home(), signal);
    await expect(lockHome(home(), signal)).rejects.toMatchObject({
      code: 'ENGINES_BUSY',
      kind: 'environment',
      found: expect.stringContaining(`process ${process.pid}`),
    });
    lock.release();
    (await lockHome(home(), signal)).release();
  });

  it('names the process that holds it', async () => {
    const { child, ref } = await sleeper(60_000);
    leaveBehind(ref);
    await expect(lockHome(home(), signal)).rejects.toMatchObject({ found: expect.stringContaining(`process ${ref.pid}.`) });
    child.kill('SIGKILL');
    await once(child, 'exit');
    (await lockHome(home(), signal)).release();
  });

  it('is not held by a later process with the pid of a killed one', async () => {
    leaveBehind({ pid: process.pid, identity: 'of another time' });
    const lock = await lockHome(home(), signal);
    expect(JSON.parse(readFileSync(lockFile(), 'utf8')).holder).toEqual(refOf(process.pid));
    lock.release();
  });

  it('waits for the servers of a killed program', async () => {
    const { ref } = await sleeper(700);
    leaveBehind(GONE, [ref]);
    const lock = await lockHome(home(), signal);
    expect(isRunning(ref)).toBe(false);
    lock.release();
  });

  it('kills those that do not stop', async () => {
    const { child, ref } = await sleeper(60_000);
    leaveBehind(GONE, [ref]);
    const ended = once(child, 'exit');
    const lock = await lockHome(home(), signal, 300);
    expect(await ended).toEqual([null, 'SIGKILL']);
    lock.release();
  });

  it('stops waiting when it is told to', async () => {
    const { child, ref } = await sleeper(60_000);
    leaveBehind(GONE, [ref]);
    await expect(lockHome(home(), AbortSignal.timeout(200))).rejects.toThrow('timeout');
    expect(isRunning(ref)).toBe(true);
    child.kill('SIGKILL');
  });

  it('is taken over from a holder that was killed before it could write its name', async () => {
    writeFileSync(lockFile(), '');
    (await lockHome(home(), signal)).release();
  });

  it('remembers processes for whoever comes next', async () => {
    const lock = await lockHome(home(), signal);
    lock.addProcess(GONE);
    lock.addProcess(refOf(process.pid));
    expect(JSON.parse(readFileSync(lockFile(), 'utf8')).processes).toEqual([GONE, refOf(process.pid)]);
    lock.release();
  });

  it('says so when the folder cannot be written', async () => {
    writeFileSync(join(home(), 'file'), '');
    await expect(lockHome(join(home(), 'file', 'home'), signal)).rejects.toMatchObject({
      code: 'HOME_NOT_WRITABLE',
      kind: 'environment',
    });
  });

  it('makes the folder', async () => {
    mkdirSync(join(home(), 'a'));
    (await lockHome(join(home(), 'a', 'b', 'c'), signal)).release();
  });
});
