import { join } from 'node:path';
import { type FileSystem, ifThere, syncDirectory, withFile, writeWhole } from '../../adapters/files/file-system.js';
import { fileModeIn } from '../../adapters/files/open-to-all.js';
import {
  contentText,
  EMPTY_LOG,
  type LastLine,
  type LogContent,
  parseContent,
  type StoredContent,
  vouchFor,
} from './log-content.js';
import { fenceBusy } from './log-errors.js';
import { rotatedLogs } from './log-files.js';
import { readTail, scanLog } from './scan-log.js';
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

/** Names of rotated logs, and of the log that is about to become the last of them. */
type Listed = Readonly<{ rotated: readonly string[]; log: StoredContent | undefined }>;

const parseListed = (text: string): Listed => {
  try {
    const { rotated } = JSON.parse(text);
    return { rotated: Array.isArray(rotated) ? rotated.map(String) : [], log: parseContent(text) };
  } catch {
    return { rotated: [], log: undefined };
  }
};

const listed = async (files: FileSystem, directory: string): Promise<readonly Listed[]> => {
  const texts = (await namesOf(files, directory)).map((name) => ifThere(files.readFile(join(directory, name), 'utf8')));
  return (await Promise.all(texts)).map((text) => parseListed(text ?? ''));
};

/** Rotated logs that are no longer there: packed or moved away. One whose rotation did not come about is not among them. */
export const logsAway = async (files: FileSystem, directory: string): Promise<readonly string[]> => {
  const there = new Set((await ifThere(files.readdir(directory))) ?? []);
  const away = new Set<string>();
  for (const { rotated, log } of await listed(files, directory)) {
    for (const name of rotated) if (!there.has(name)) away.add(name);
    const last = rotated.at(-1);
    if (last === undefined || !away.has(last) || log === undefined) continue;
    const still = await ifThere(
      withFile(files, logPath(directory), 'r', async (file) => vouchFor(log, await readTail(file, log.content.bytes))),
    );
    if (still !== undefined) away.delete(last);
  }
  return [...away];
};

/**
 * Writes what is carried from now on, durably, and removes the files that were read before it.
 * @param log what is about to be rotated, and its name then; undefined when all that was rotated is set aside
 */
export const writeCarried = async (
  s: Surroundings,
  directory: string,
  carried: Carried,
  log?: Readonly<{ content: LogContent; name: string }>,
): Promise<void> => {
  const before = await namesOf(s.files, directory);
  const known = log === undefined ? [] : (await listed(s.files, directory)).flatMap(({ rotated }) => rotated);
  const rotated = [...new Set(log === undefined ? [] : [...known, log.name])];
  const offsets = new Map([...carried].map(([key, last]) => [key, { ...last, lines: 0 }]));
  const temporary = join(directory, `worker.tmp-${s.unique()}`);
  try {
    await withFile(s.files, temporary, 'wx', async (file) => {
      await writeWhole(file, Buffer.from(contentText({ ...(log?.content ?? EMPTY_LOG), offsets }, { rotated })));
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
