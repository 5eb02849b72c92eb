import { basename, join } from 'node:path';
import { ifThere } from '../../adapters/files/file-system.js';
import { messageOf } from '../../core/errors.js';
import { furthest, readCarried, writeCarried } from './carried.js';
import { moveLog } from './fence.js';
import type { LogContent } from './log-content.js';
import { nextRotatedName, rotatedLogs } from './log-files.js';
import type { LogIndex } from './log-index.js';
import { asideNames, logPath, type Surroundings } from './surroundings.js';

/** A person asks a running worker by this file to rotate its log. */
export const REQUEST_FILE = 'consumer_log.rotate';

/**
 * Closes a log under a name with the time. In this order, so that nobody ever finds a log without knowing what was logged before it:
 *   1. what the log holds of each partition, and what was carried into it, is written durably beside it
 *   2. its index goes, which would speak of the next log
 *   3. the log is moved, by way of a fence's directory, from where it comes back by itself if this process dies on the way
 * A kill after 1 leaves a log and what it holds twice, which says the same.
 * @returns the name, or undefined when the log was taken over meanwhile
 */
export const rotateLog = async (
  s: Surroundings,
  directory: string,
  log: Readonly<{ ino: number; content: LogContent; index: LogIndex }>,
): Promise<string | undefined> => {
  const { ino, content } = log;
  const name = nextRotatedName(await s.files.readdir(directory), s.now());
  await writeCarried(s, directory, furthest(await readCarried(s.files, directory), content.offsets), { content, name });
  await log.index.remove();
  const rotated = await moveLog(s, directory, ino, () => join(directory, name));
  if (rotated !== undefined) s.log.info({ file: rotated, bytes: content.bytes, lines: content.lines }, 'rotated a log');
  return rotated;
};

/** Sets the rotated logs aside, of which some are of a topic that was made anew; `still` is what of them is not. */
export const setRotatedAside = async (s: Surroundings, directory: string, still: LogContent['offsets']): Promise<void> => {
  for (const path of await rotatedLogs(s.files, directory)) {
    const taken = new Set(await s.files.readdir(directory));
    for (const aside of asideNames(directory, '', s.now(), path))
      if (!taken.has(basename(aside))) {
        await ifThere(s.files.rename(path, aside));
        break;
      }
  }
  await writeCarried(s, directory, still);
  s.log.warn({ directory }, 'the topic was made anew: the rotated logs are set aside');
};

/** Whether a log is to be rotated now. */
export const rotationDue = (s: Surroundings, directory: string, everyBytes: number | undefined) => {
  let from = everyBytes ?? Number.POSITIVE_INFINITY;
  return {
    async now({ bytes }: LogContent): Promise<boolean> {
      if (bytes === 0) return false;
      const asked = (await ifThere(s.files.unlink(join(directory, REQUEST_FILE)).then(() => true))) === true;
      return asked || bytes >= from;
    },
    /** The log goes on as it is; it is tried again when it has grown by an eighth. */
    failed({ bytes }: LogContent, error: unknown): void {
      s.log.warn({ file: logPath(directory), reason: messageOf(error) }, 'a log could not be rotated: it goes on as it is');
      if (everyBytes !== undefined) from = bytes + everyBytes / 8;
    },
    done(): void {
      from = everyBytes ?? Number.POSITIVE_INFINITY;
    },
  };
};

export type RotationDue = ReturnType<typeof rotationDue>;
