import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process, told from a later one that got the same pid. */
export type ProcessRef = Readonly<{ pid: number; identity: string }>;

const DEAD_STATES = ['Z', 'X'];

const linuxIdentity = (pid: number): string | undefined => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may itself hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (DEAD_STATES.includes(fields[0] ?? '')) return undefined;
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
};

const unixIdentity = (pid: number): string | undefined => {
  const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
  }).toString();
  const [state = '', ...started] = text.trim().split(/\s+/);
  return state === '' || DEAD_STATES.includes(state.charAt(0)) ? undefined : started.join(' ');
};

/** Windows tells no start time without a tool: there a pid in use counts as the same process. */
const windowsIdentity = (pid: number): string | undefined => {
  try {
    process.kill(pid, 0);
    return 'running';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'running' : undefined;
  }
};

/** What tells a running process apart; undefined when none with this pid runs. */
export const identityOf = (pid: number, platform: NodeJS.Platform = process.platform): string | undefined => {
  try {
    if (platform === 'linux') return linuxIdentity(pid);
    return platform === 'win32' ? windowsIdentity(pid) : unixIdentity(pid);
  } catch {
    return undefined;
  }
};

export const refOf = (pid: number): ProcessRef => ({ pid, identity: identityOf(pid) ?? '' });

export const isRunning = ({ pid, identity }: ProcessRef): boolean => identity !== '' && identityOf(pid) === identity;

/** Kills that very process, and no later one with its pid. */
export const killProcess = (ref: ProcessRef): void => {
  if (!isRunning(ref)) return;
  try {
    process.kill(ref.pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
};
