import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockHome } from './home-lock.js';

export const dataFolder = (home: string): string => join(home, 'data');

/**
 * Deletes the servers' data, not the downloaded programs. After a kill half-way, the data is either all there or gone for the servers.
 * @throws BridgeError ENGINES_BUSY when a program runs servers on it.
 */
export const removeData = async (home: string, signal: AbortSignal = new AbortController().signal): Promise<void> => {
  const lock = await lockHome(home, signal);
  try {
    const condemned = `${dataFolder(home)}.deleted`;
    rmSync(condemned, { recursive: true, force: true });
    if (existsSync(dataFolder(home))) renameSync(dataFolder(home), condemned);
    rmSync(condemned, { recursive: true, force: true });
  } finally {
    lock.release();
  }
};
