import { join } from 'node:path';
import { type FileSystem, ifThere, syncDirectory, withFile, writeWhole } from '../../adapters/files/file-system.js';
import { fileModeIn } from '../../adapters/files/open-to-all.js';
import { contentText, EMPTY_LOG, type LastLine, parseContent } from './log-content.js';
import { fenceBusy } from './log-errors.js';
import { rotatedLogs } from './log-files.js';
import { scanLog } from './scan-log.js';
import { logPath, type Surroundings } from './surroundings.js';

/**
 * What rotated logs hold of each partition, carried over so that they need not be read, and may be packed or moved away. It stands
 * on the disk before a log is rotated, so whoever opens the log and then reads this misses nothing. Each rotation writes a file
 * with a name of its own that counts for all before it, and only then removes those: one that a stopped process writes late
 * says less than the others, never something else, since the highest offset counts.
 */
export type Carried = ReadonlyMap<string, LastLine>;

const CARRIED_NAME = /^consumer_log\.last-[0-9a-z-]+\.json$/;
const MOST_TRIES = 10;

/** The further of two for each partition. */
export const furthest = (...all: readonly Carried[]): Carried => {
  const found = new Map<string, LastLine>();
  for (const one of all) for (const [key, last] of one) if (last.offset > (found.get(key)?.offset ?? -1n)) found.set(key, last);
  return found;
};

const namesOf = async (files: FileSystem, directory: string): Promise<readonly string[]> =>
  ((await ifThere(files.readdir(directory))) ?? []).filter((name) => CARRIED_NAME.test(name));

/** Without the files that carry it, or with damaged ones only, the rotated logs themselves tell. */
const fromLogs = async (files: FileSystem, directory: string): Promise<Carried> => {
  const found: Carried[] = [];
  for (const path of await rotatedLogs(files, directory)) {
    const file = await ifThere(files.open(path, 'r'));
    if (file === undefined) continue;
    try {
      found.push((await scanLog(file, path, EMPTY_LOG)).offsets);
    } finally {
      await file.close();
    }
  }
  return furthest(...found);
};

/**
 * The last line of each partition in rotated logs. To be called after the log was opened.
 * @throws BridgeError `integrity` for a broken line in a rotated log that has to be read
 */
export const readCarried = async (files: FileSystem, directory: string): Promise<Carried> => {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const names = await namesOf(files, directory);
    const texts = await Promise.all(names.map((name) => ifThere(files.readFile(join(directory, name), 'utf8'))));
    // One that was removed meanwhile is in a newer one.
    if (texts.includes(undefined)) continue;
    const read = texts.map((text) => parseContent(text ?? '')?.content.offsets);
    const whole = read.filter((offsets) => offsets !== undefined);
    if (whole.length > 0 && whole.length === read.length) return furthest(...whole);
    return furthest(...whole, await fromLogs(files, directory));
  }
  throw fenceBusy(logPath(directory));
};

/** Writes what is carried from now on, durably, and removes the files that were read before it. */
export const writeCarried = async (s: Surroundings, directory: string, carried: Carried): Promise<void> => {
  const before = await namesOf(s.files, directory);
  const offsets = new Map([...carried].map(([key, last]) => [key, { ...last, lines: 0 }]));
  const temporary = join(directory, `worker.tmp-${s.unique()}`);
  try {
    await withFile(s.files, temporary, 'wx', async (file) => {
      await writeWhole(file, Buffer.from(contentText({ ...EMPTY_LOG, offsets })));
      const mode = await fileModeIn(directory, s.files);
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
    });
    await s.files.rename(temporary, join(directory, `consumer_log.last-${s.unique()}.json`));
    await syncDirectory(s.files, directory);
  } catch (error) {
    await s.files.unlink(temporary).catch(() => {});
    throw error;
  }
  for (const name of before) await ifThere(s.files.unlink(join(directory, name)));
};
