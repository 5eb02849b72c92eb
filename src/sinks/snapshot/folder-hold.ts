import { randomUUID } from 'node:crypto';
import { type DirectoryLock, isLockLost, lockDirectory } from '../../adapters/files/directory-lock.js';
import { nodeFiles } from '../../adapters/files/file-system.js';
import { makeDirectory } from '../../adapters/files/open-to-all.js';
import { systemProcesses } from '../../adapters/files/process-identity.js';
import { delayOrAbort } from '../../core/delay.js';
import { BridgeError, messageOf } from '../../core/errors.js';
import type { Log } from '../../core/log.js';

/** A folder that one process at a time writes to; one that was lost can be taken again. */
export type FolderHold = Readonly<{
  /** Takes the folder, unless it is held. @throws BridgeError `environment` when another process holds it, or it cannot be written */
  take(): Promise<void>;
  /** @throws BridgeError `transient` when the folder was taken over or deleted */
  confirm(): Promise<void>;
  release(): Promise<void>;
}>;

const notWritable = (directory: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'DIRECTORY_NOT_WRITABLE',
    kind: 'environment',
    found: `Cannot write to ${directory}: ${messageOf(cause)}.`,
    fix: 'Give this user the right to write there, or set another directory for the logs.',
    cause,
  });

export const folderHold = (directory: string, log: Log): FolderHold => {
  let lock: DirectoryLock | undefined;
  const pause = async (ms: number): Promise<void> => void (await delayOrAbort(ms, new AbortController().signal));
  const world = { files: nodeFiles, processes: systemProcesses(), log, now: () => new Date(), pause, unique: randomUUID };

  const release = async (): Promise<void> => {
    const held = lock;
    lock = undefined;
    await held?.release();
  };
  const isHeld = async (): Promise<boolean> => {
    if (lock === undefined) return false;
    try {
      await lock.confirm();
      return true;
    } catch (error) {
      if (isLockLost(error)) return false;
      throw error;
    }
  };
  return {
    async take() {
      if (await isHeld()) return;
      await release();
      try {
        await makeDirectory(directory);
        lock = await lockDirectory(world, directory);
      } catch (error) {
        throw error instanceof BridgeError ? error : notWritable(directory, error);
      }
    },
    confirm: async () => lock?.confirm(),
    release,
  };
};
