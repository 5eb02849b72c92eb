import { join } from 'node:path';
import { type DirectoryLock, lockDirectory } from '../../adapters/files/directory-lock.js';
import { ifThere, unless } from '../../adapters/files/file-system.js';
import { makeDirectory } from '../../adapters/files/open-to-all.js';
import { endRivalry, type OwnClaim, ownClaim, TEMPORARY_NAME } from './claims.js';
import { clear, PREFIX } from './fence-steps.js';
import { type OtherLogs, otherLogs } from './other-logs.js';
import { type OwnLog, ownLog } from './own-log.js';
import type { Surroundings } from './surroundings.js';

/** All that a worker holds of its instance's directory. */
export type Opened = Readonly<{
  directory: string;
  lock: DirectoryLock;
  claim: OwnClaim;
  log: OwnLog;
  others: OtherLogs;
  close(): Promise<void>;
}>;

/** What a killed worker, or a killed heir of its log, may have left behind. */
const sweep = async ({ files }: Surroundings, directory: string): Promise<void> => {
  for (const name of await files.readdir(directory)) {
    const path = join(directory, name);
    if (TEMPORARY_NAME.test(name)) await unless(['ENOENT', 'EISDIR', 'EPERM'], files.unlink(path));
    if (!name.startsWith(PREFIX)) continue;
    const inside = (await ifThere(files.readdir(path))) ?? [];
    if (!inside.includes('old') && !inside.includes('new')) await clear(files, path);
  }
};

/**
 * Takes an instance's log: afterwards nobody of an earlier life can add to it.
 * @throws BridgeError `environment` when it is held by another or cannot be written, `integrity` when it is broken
 */
export const openInstance = async (
  s: Surroundings,
  directory: string,
  { graceMs, rotateBytes }: Readonly<{ graceMs: number; rotateBytes?: number | undefined }>,
): Promise<Opened> => {
  await makeDirectory(directory, s.files);
  const lock = await lockDirectory(s, directory);
  const log = ownLog(s, directory, lock.confirm, rotateBytes);
  const claim = ownClaim(s, directory, lock.token);
  const close = async () => {
    try {
      await log.close();
      await claim.withdraw();
    } finally {
      await lock.release();
    }
  };
  try {
    await sweep(s, directory);
    // Whoever takes the lock from us, wrongly taking us for dead, learns by this that the log is to be taken away too.
    await claim.make(new Set());
    await endRivalry(s, directory, { token: lock.token, wanted: 'all' }, 0);
    await log.open();
  } catch (error) {
    await close();
    throw error;
  }
  return { directory, lock, claim, log, others: otherLogs(s, directory, lock.token, graceMs), close };
};
