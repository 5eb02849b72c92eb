import { basename, join } from 'node:path';
import { type FileSystem, ifThere, type OpenFile, syncDirectory } from '../../adapters/files/file-system.js';
import { makeDirectory } from '../../adapters/files/open-to-all.js';
import { clear, finish, inodeOf, newHolder, PREFIX } from './fence-steps.js';
import { fenceBusy } from './log-errors.js';
import { asideNames, logPath, type Surroundings } from './surroundings.js';

const POLL_MS = 50;
/** An heir that has done nothing for this long is taken for dead. */
const STALLED_MS = 2_000;
const PATIENCE_MS = 60_000;
/** A log is only said to be absent when it was so this often in a row: a fence may end and the next begin between two looks. */
const LOOKS = 3;
const LOOK_MS = 10;
const MOST_TRIES = 20;

/** The fences under way: the directories that hold the log, with what shows whether anybody works there. */
export const fencesUnderWay = async (
  files: FileSystem,
  directory: string,
): Promise<readonly Readonly<{ holder: string; sign: string }>[]> => {
  const found: { holder: string; sign: string }[] = [];
  for (const name of (await ifThere(files.readdir(directory))) ?? []) {
    if (!name.startsWith(PREFIX)) continue;
    const holder = join(directory, name);
    const inside = (await ifThere(files.readdir(holder))) ?? [];
    if (!inside.includes('old') && !inside.includes('new')) continue;
    const sizes = await Promise.all(inside.map(async (file) => (await ifThere(files.stat(join(holder, file))))?.size));
    found.push({ holder, sign: `${name}:${inside.join()}:${sizes.join()}` });
  }
  return found;
};

/**
 * Waits until a fence that somebody has begun is finished, or finishes it where nobody does. False when there is no log.
 * @throws BridgeError `transient` when it takes too long
 */
export const settleFence = async (s: Surroundings, directory: string): Promise<boolean> => {
  let absent = 0;
  let seen = '';
  let stalledMs = 0;
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; ) {
    const [fence] = await fencesUnderWay(s.files, directory);
    if (fence === undefined) {
      if ((await inodeOf(s.files, logPath(directory))) !== undefined) return true;
      if (++absent >= LOOKS) return false;
      await s.pause(LOOK_MS);
      continue;
    }
    absent = 0;
    stalledMs = fence.sign === seen ? stalledMs + POLL_MS : 0;
    seen = fence.sign;
    if (stalledMs < STALLED_MS) {
      await s.pause(POLL_MS);
      waitedMs += POLL_MS;
      continue;
    }
    stalledMs = 0;
    const ours = newHolder(s, directory);
    if ((await ifThere(s.files.rename(fence.holder, ours).then(() => true))) === true) await finish(s, directory, ours);
  }
  throw fenceBusy(logPath(directory));
};

/**
 * Opens a log, and is sure that it is the log: a file at the path while a fence is under way is one that its owner has just made
 * in vain, and the fence brings the true one back over it. Undefined when there is none and `flags` make none.
 * @throws BridgeError `transient` when others are in the way for too long
 */
export const openLog = async (s: Surroundings, directory: string, flags: 'r' | 'a+'): Promise<OpenFile | undefined> => {
  const path = logPath(directory);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (!(await settleFence(s, directory)) && flags === 'r') return undefined;
    const file = await ifThere(s.files.open(path, flags));
    if (file === undefined) continue;
    try {
      const fences = await fencesUnderWay(s.files, directory);
      if (fences.length === 0 && (await inodeOf(s.files, path)) === (await file.stat()).ino) return file;
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
  }
  throw fenceBusy(path);
};

/** The inode of a log; undefined when there is none. */
export const settledInode = async (s: Surroundings, directory: string): Promise<number | undefined> => {
  const file = await openLog(s, directory, 'r');
  if (file === undefined) return undefined;
  try {
    return (await file.stat()).ino;
  } finally {
    await file.close();
  }
};

/**
 * Takes a log away from whoever has opened it: afterwards the path has another inode than `seen`, or none, and holds all that was
 * counted before.
 * @throws BridgeError `transient` when others are in the way for too long or the disk is full, `integrity` for a broken line
 */
export const fenceLog = async (s: Surroundings, directory: string, seen: number): Promise<void> => {
  const path = logPath(directory);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if ((await settledInode(s, directory)) !== seen) return;
    const holder = newHolder(s, directory);
    await makeDirectory(holder, s.files);
    const moved = await ifThere(s.files.rename(path, join(holder, 'old')).then(() => true));
    if (moved === undefined) await clear(s.files, holder);
    else await finish(s, directory, holder);
  }
  throw fenceBusy(path);
};

/**
 * Moves a log to another name in its directory, if it is the one with this inode; undefined when it is another by now. It goes by way
 * of a fence's directory, from where it comes back by itself if this process dies on the way.
 * @param to gives the new path, from the names that are there
 */
export const moveLog = async (
  s: Surroundings,
  directory: string,
  ino: number,
  to: (names: readonly string[]) => string,
): Promise<string | undefined> => {
  const holder = newHolder(s, directory);
  const held = join(holder, 'old');
  await makeDirectory(holder, s.files);
  if ((await ifThere(s.files.rename(logPath(directory), held).then(() => true))) === undefined) {
    await clear(s.files, holder);
    return undefined;
  }
  if ((await inodeOf(s.files, held)) !== ino) {
    await finish(s, directory, holder);
    return undefined;
  }
  const path = to(await s.files.readdir(directory));
  const moved = await ifThere(s.files.rename(held, path).then(() => path));
  await syncDirectory(s.files, directory);
  await clear(s.files, holder);
  return moved;
};

/** Moves a log to a name with the time, as `moveLog` does. */
export const setLogAside = (s: Surroundings, directory: string, ino: number): Promise<string | undefined> =>
  moveLog(s, directory, ino, (names) => {
    const taken = new Set(names);
    for (const path of asideNames(directory, '', s.now())) if (!taken.has(basename(path))) return path;
    throw fenceBusy(logPath(directory));
  });
