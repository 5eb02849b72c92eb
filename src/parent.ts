import { execFileSync } from 'node:child_process';

/** The parent of a process; undefined when it is gone. */
const parentOf = (pid: number): number | undefined => {
  try {
    return Number(
      execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return undefined;
  }
};

const EVERY_MS = 1_000;

/**
 * Calls back once when the program's parent has died: npm forwards no SIGTERM to what it started.
 * npm runs its script through a shell that outlives it, so the shell's own parent is watched as well.
 * @returns stops the watch
 */
export const onParentDeath = (died: () => void, underNpm: boolean): (() => void) => {
  const parent = process.ppid;
  const grandparent = underNpm ? parentOf(parent) : undefined;
  const timer = setInterval(() => {
    const orphaned = process.ppid !== parent || (grandparent !== undefined && parentOf(parent) !== grandparent);
    if (!orphaned) return;
    clearInterval(timer);
    died();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
};
