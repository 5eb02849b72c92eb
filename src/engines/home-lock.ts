import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { delayOrAbort } from '../core/delay.js';
import { BridgeError, messageOf } from '../core/errors.js';
import { writeOwnFile } from './own-files.js';
import { isRunning, killProcess, type ProcessRef, refOf } from './process-identity.js';

const SERVERS_STOP_WITHIN_MS = 10_000;
const KILLED_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 100;
/** How long a lock may be without its text: its holder is writing it, or was killed there. */
const UNWRITTEN_LOOKS = 10;

type LockText = Readonly<{ holder: ProcessRef; processes: readonly ProcessRef[] }>;

export type HomeLock = Readonly<{
  /** Remembers a process, so that whoever comes next can wait for its end if this program is killed. */
  addProcess(process: ProcessRef): void;
  release(): void;
}>;

const lockFile = (home: string): string => join(home, 'lock.json');

const readLock = (home: string): LockText | undefined => {
  try {
    return JSON.parse(readFileSync(lockFile(home), 'utf8')) as LockText;
  } catch {
    return undefined;
  }
};

const notWritable = (home: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'HOME_NOT_WRITABLE',
    kind: 'environment',
    found: `The folder ${home} cannot be written: ${messageOf(cause)}.`,
    fix: 'Give the servers a folder that this user may write.',
    cause,
  });

const create = (home: string, text: LockText): boolean => {
  try {
    mkdirSync(home, { recursive: true });
    writeFileSync(lockFile(home), JSON.stringify(text), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw notWritable(home, error);
  }
};

const allEnded = async (processes: readonly ProcessRef[], withinMs: number, signal: AbortSignal): Promise<boolean> => {
  const deadline = Date.now() + withinMs;
  while (processes.some(isRunning)) {
    if (Date.now() > deadline) return false;
    await delayOrAbort(LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
  }
  return true;
};

const busy = (home: string, pid: number): BridgeError =>
  new BridgeError({
    code: 'ENGINES_BUSY',
    kind: 'environment',
    found: `The servers of ${home} are held by process ${pid}.`,
    fix: 'Stop that program first, or give this one a folder of its own.',
  });

/** Its holder was killed: its servers are stopping by themselves; one that is not, lost its supervisor too. */
const takeOver = async (home: string, stale: LockText | undefined, stopWithinMs: number, signal: AbortSignal): Promise<void> => {
  const processes = stale?.processes ?? [];
  if (!(await allEnded(processes, stopWithinMs, signal))) {
    processes.forEach(killProcess);
    await allEnded(processes, KILLED_WITHIN_MS, signal);
  }
  const now = readLock(home)?.holder;
  if (now?.pid === stale?.holder.pid && now?.identity === stale?.holder.identity) rmSync(lockFile(home), { force: true });
};

/**
 * Makes this process the only one that runs servers in the folder. Waits for servers of a holder that was killed.
 * @throws BridgeError `environment`: ENGINES_BUSY naming the process that holds it, or HOME_NOT_WRITABLE.
 */
export const lockHome = async (home: string, signal: AbortSignal, stopWithinMs = SERVERS_STOP_WITHIN_MS): Promise<HomeLock> => {
  const holder = refOf(process.pid);
  let processes: readonly ProcessRef[] = [];
  let unwritten = 0;
  while (!create(home, { holder, processes })) {
    signal.throwIfAborted();
    const found = readLock(home);
    if (found !== undefined && isRunning(found.holder)) throw busy(home, found.holder.pid);
    unwritten += found === undefined ? 1 : 0;
    if (found !== undefined || unwritten > UNWRITTEN_LOOKS) await takeOver(home, found, stopWithinMs, signal);
    else await delayOrAbort(LOOK_EVERY_MS, signal);
  }
  return {
    addProcess(one) {
      processes = [...processes, one];
      writeOwnFile(lockFile(home), JSON.stringify({ holder, processes }));
    },
    release: () => rmSync(lockFile(home), { force: true }),
  };
};
