import { randomUUID } from 'node:crypto';
import { mkdir, statfs, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.js';
import { error, type Finding, ok, warning } from './finding.js';

const MIB = 1024 * 1024;
const LITTLE_BYTES = 1024 * MIB;
const TOO_LITTLE_BYTES = 64 * MIB;

/** Whether a directory can be written, and how much room its disk has. */
export async function* directoryFindings(
  directory: string,
  what: string,
  freeBytes: (path: string) => Promise<number> = async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
): AsyncGenerator<Finding> {
  try {
    await mkdir(directory, { recursive: true });
    const probe = join(directory, `.doctor-${randomUUID()}`);
    await writeFile(probe, '');
    await unlink(probe);
  } catch (thrown) {
    yield error('directories', {
      found: `${directory} cannot be written: ${messageOf(thrown)}.`,
      means: `${what} cannot be kept: the program exits with 3`,
      fix: 'Give this user the right to write there, or set another directory (STATE_DIR, CONSUMER_LOGS_DIR).',
    });
    return;
  }
  yield ok('directories', `${directory} can be written (${what})`);
  const free = await freeBytes(directory);
  const mib = Math.floor(free / MIB);
  if (free >= LITTLE_BYTES) yield ok('disk', `${mib} MiB are free for ${what}`);
  else {
    const bad = {
      found: `${mib} MiB are free for ${what} in ${directory}.`,
      means: 'on a full disk the program pauses; nothing is lost or torn',
      fix: 'Make room.',
    };
    yield free < TOO_LITTLE_BYTES ? error('disk', bad) : warning('disk', bad);
  }
}

const [MAJOR, MINOR] = [20, 19];

/** Whether this Node is one that rowbridge is made for. */
export async function* nodeFindings(version = process.versions.node): AsyncGenerator<Finding> {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  yield major > MAJOR || (major === MAJOR && minor >= MINOR)
    ? ok('node', `Node ${version}`)
    : error('node', {
        found: `This is Node ${version}.`,
        means: 'rowbridge is neither made nor tested for it',
        fix: `Use Node ${MAJOR}.${MINOR} or later.`,
      });
}
