import { join } from 'node:path';
import { BridgeError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import { type FileSystem, ifThere, unless } from './file-system.js';
import { makeDirectory } from './open-to-all.js';
import { placeFile } from './place-file.js';
import type { Processes, ProcessIdentity, ProcessState } from './process-identity.js';

/** What a lock works with. */
export type LockParts = Readonly<{
  files: FileSystem;
  processes: Processes;
  log: Log;
  now(): Date;
  /** @throws BridgeError `transient` when the program is stopping */
  pause(ms: number): Promise<void>;
  /** A text that nobody else gets. */
  unique(): string;
}>;

/**
 * One worker a directory. The lock is the directory `worker.lock` with one file in it, named by its holder's token: a directory can be
 * renamed onto an empty one only, and a file that is removed by such a name is certainly the one that was looked at.
 * So two that find a stale lock cannot both take it, and neither can take a fresh one.
 */
export type DirectoryLock = Readonly<{
  token: string;
  /**
   * Never takes the lock again by itself: while it was away another may have had the directory.
   * @throws BridgeError `transient` when it was taken over or deleted: then everything begins anew with a lock
   */
  confirm(): Promise<void>;
  release(): Promise<void>;
}>;

type Holder = Readonly<{ path: string; process: ProcessIdentity | undefined; since: string }>;

const BEAT_MS = 1_000;
const WATCH_MS = 5_000;
const WATCH_POLL_MS = 250;
const MOST_TRIES = 10;

const LOCK_LOST = 'LOG_LOCK_LOST';

const lockLost = (directory: string): BridgeError =>
  new BridgeError({
    code: LOCK_LOST,
    kind: 'transient',
    found: `The lock of ${directory} was taken over or deleted.`,
    fix: 'The worker asks for it again by itself.',
  });

export const isLockLost = (error: unknown): boolean => error instanceof BridgeError && error.code === LOCK_LOST;

const locked = (directory: string, holder: ProcessIdentity | undefined, since: string): BridgeError =>
  new BridgeError({
    code: 'LOG_LOCKED',
    kind: 'environment',
    found: `${directory} is held by ${holder === undefined ? 'another worker' : `process ${holder.pid} on host ${holder.host}`} since ${since}.`,
    fix: 'Stop that process, or start this worker under another instance name.',
  });

const readHolder = async ({ files }: LockParts, lock: string): Promise<Holder | undefined> => {
  const [name] = (await unless(['ENOENT'], files.readdir(lock))) ?? [];
  if (name === undefined) return undefined;
  const path = join(lock, name);
  const text = await ifThere(files.readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  try {
    const { since, ...process } = JSON.parse(text);
    return { path, process, since };
  } catch {
    return { path, process: undefined, since: 'an unknown time' };
  }
};

/** Whether a holder whose process cannot be looked at goes on refreshing its lock. */
const beats = async ({ files, pause }: LockParts, { path }: Holder): Promise<boolean> => {
  const first = (await ifThere(files.stat(path)))?.mtimeMs;
  for (let waitedMs = 0; waitedMs < WATCH_MS; waitedMs += WATCH_POLL_MS) {
    await pause(WATCH_POLL_MS);
    const now = (await ifThere(files.stat(path)))?.mtimeMs;
    if (now === undefined) return false;
    if (now !== first) return true;
  }
  return false;
};

const stateOf = (s: LockParts, { process }: Holder): ProcessState =>
  process === undefined ? 'unknown' : s.processes.stateOf(process);

/** Puts our lock in place unless somebody holds it. */
const tryToTake = async ({ files }: LockParts, prepared: string, lock: string): Promise<boolean> => {
  // Some systems rename no directory onto another, not even an empty one.
  await unless(['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'], files.rmdir(lock));
  return (
    (await unless(
      ['ENOTEMPTY', 'EEXIST', 'EPERM'],
      files.rename(prepared, lock).then(() => true),
    )) === true
  );
};

const take = async (s: LockParts, directory: string, token: string): Promise<void> => {
  const lock = join(directory, 'worker.lock');
  const prepared = join(directory, `worker.tmp-${s.unique()}`);
  await makeDirectory(prepared, s.files);
  const mine = `${token}.json`;
  try {
    await placeFile(s, prepared, mine, `${JSON.stringify({ ...s.processes.self, since: s.now().toISOString() })}\n`);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (await tryToTake(s, prepared, lock)) return;
      const holder = await readHolder(s, lock);
      if (holder === undefined) continue;
      const state = stateOf(s, holder);
      if (state === 'alive' || (state === 'unknown' && (await beats(s, holder))))
        throw locked(directory, holder.process, holder.since);
      if ((await ifThere(s.files.unlink(holder.path).then(() => true))) === true)
        s.log.info({ directory, pid: holder.process?.pid, since: holder.since }, 'took over the lock of a worker that is gone');
    }
    throw locked(directory, undefined, 'just now');
  } finally {
    await s.files.unlink(join(prepared, mine)).catch(() => {});
    await s.files.rmdir(prepared).catch(() => {});
  }
};

/**
 * Takes the lock of an instance's directory and keeps it fresh until it is released.
 * @throws BridgeError `environment` when another process holds it, saying which
 */
export const lockDirectory = async (s: LockParts, directory: string): Promise<DirectoryLock> => {
  const token = s.unique();
  const path = join(directory, 'worker.lock', `${token}.json`);
  await take(s, directory, token);
  const beat = setInterval(() => {
    // A failed beat shows when the lock is confirmed.
    s.files.utimes(path, s.now(), s.now()).catch(() => {});
  }, BEAT_MS);
  beat.unref();
  return {
    token,
    async confirm() {
      if ((await ifThere(s.files.stat(path))) === undefined) throw lockLost(directory);
    },
    async release() {
      clearInterval(beat);
      await ifThere(s.files.unlink(path));
      await unless(['ENOENT', 'ENOTEMPTY', 'EEXIST'], s.files.rmdir(join(directory, 'worker.lock')));
    },
  };
};
