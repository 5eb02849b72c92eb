import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from './file-system.js';

/** Enough to tell one run of a program from every other. Empty where the system does not say. */
export type ProcessIdentity = Readonly<{ pid: number; host: string; pidNamespace: string; bootId: string; startTime: string }>;

/** `unknown` when it runs where its pid means nothing to us: in another container, or on another machine. */
export type ProcessState = 'alive' | 'gone' | 'unknown';

export type Processes = Readonly<{ self: ProcessIdentity; stateOf(other: ProcessIdentity): ProcessState }>;

const orEmpty = (read: () => string): string => {
  try {
    return read().trim();
  } catch {
    return '';
  }
};

/** State and start time of a process; the name before them may hold blanks and brackets. */
const statOf = (pid: number | 'self'): { state: string; startTime: string } => {
  const text = orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTime: fields[19] ?? '' };
};

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
};

const ENDED = ['Z', 'X'];

const stateHere = ({ pid, startTime }: ProcessIdentity): ProcessState => {
  if (!exists(pid)) return 'gone';
  const found = statOf(pid);
  if (ENDED.includes(found.state)) return 'gone';
  // Another process may have been given the same pid since.
  return startTime !== '' && found.startTime !== '' && startTime !== found.startTime ? 'gone' : 'alive';
};

/** What this process can know about itself and others, from /proc where there is one. */
export const systemProcesses = (): Processes => {
  const self: ProcessIdentity = {
    pid: process.pid,
    host: hostname(),
    pidNamespace: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
    bootId: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    startTime: statOf('self').startTime,
  };
  const here = (other: ProcessIdentity) =>
    other.host === self.host && other.bootId === self.bootId && other.pidNamespace === self.pidNamespace;
  return { self, stateOf: (other) => (here(other) ? stateHere(other) : 'unknown') };
};
