import { dirname, join } from 'node:path';
import { unless } from '../../adapters/files/file-system.js';
import { type Carried, readCarried } from './carried.js';
import { endRivalry, rivalClaims } from './claims.js';
import { fenceLog, openLog } from './fence.js';
import type { LogContent } from './log-content.js';
import { readContent } from './read-content.js';
import type { Surroundings } from './surroundings.js';

/** What was last read of a log, and of which file. */
type Memory = Map<string, Readonly<{ ino: number; content: LogContent }>>;

/** The directories beside our own; which of them hold a log shows when it is opened. */
const otherDirectories = async ({ files }: Surroundings, own: string): Promise<readonly string[]> => {
  const directories: string[] = [];
  for (const name of await files.readdir(dirname(own))) {
    const directory = join(dirname(own), name);
    if (directory !== own && (await unless(['ENOENT', 'ENOTDIR'], files.readdir(directory))) !== undefined)
      directories.push(directory);
  }
  return directories;
};

type Found = Readonly<{ ino: number; content: LogContent; torn: boolean }>;

const readOther = async (s: Surroundings, directory: string, memory: Memory): Promise<Found | undefined> => {
  const file = await openLog(s, directory, 'r');
  if (file === undefined) return undefined;
  try {
    const known = memory.get(directory);
    const { ino } = await file.stat();
    const content = await readContent(s.files, file, directory, known?.ino === ino ? known.content : undefined);
    // We skip what another has logged: it must be on the disk before we commit past it.
    if (content !== known?.content) await file.datasync();
    memory.set(directory, { ino, content });
    return { ino, content, torn: (await file.stat()).size > content.bytes };
  } finally {
    await file.close();
  }
};

/** A line that a dead worker left half written comes again, in our log: it must not stay in the other. */
const readUntorn = async (
  s: Surroundings,
  directory: string,
  memory: Memory,
  alive: boolean,
): Promise<LogContent | undefined> => {
  const found = await readOther(s, directory, memory);
  if (found === undefined || alive || !found.torn) return found?.content;
  await fenceLog(s, directory, found.ino);
  return (await readOther(s, directory, memory))?.content;
};

export type OtherLogs = Readonly<{
  /** The partitions that others claim. */
  claimed(): Promise<ReadonlySet<string> | 'all'>;
  /**
   * The last lines in the others' logs, the rotated ones included. Our claim must stand before it is called: then none of them can add a record of the wanted
   * partitions after it was read.
   */
  read(wanted: ReadonlySet<string>): Promise<readonly Carried[]>;
}>;

export const otherLogs = (s: Surroundings, own: string, token: string, graceMs: number): OtherLogs => {
  const memory: Memory = new Map();
  return {
    async claimed() {
      const claimed = new Set<string>();
      for (const directory of await otherDirectories(s, own))
        for (const { partitions } of await rivalClaims(s, directory, token)) {
          if (partitions === 'all') return 'all';
          for (const partition of partitions) claimed.add(partition);
        }
      return claimed;
    },
    async read(wanted) {
      const directories = await otherDirectories(s, own);
      const alive = await Promise.all(directories.map((directory) => endRivalry(s, directory, { token, wanted }, graceMs)));
      const found: Carried[] = [];
      for (const [index, directory] of directories.entries()) {
        const content = await readUntorn(s, directory, memory, alive[index] === true);
        if (content !== undefined) found.push(content.offsets);
        // After the log, which may be rotated at this moment: what it held is carried before it is moved.
        found.push(await readCarried(s.files, directory));
      }
      return found;
    },
  };
};
