import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** Whether a disk can be made small here: only root on Linux may mount a tmpfs. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0;

/** A file system of its own at a path, which can be full. */
export type SmallDisk = Readonly<{
  name: string;
  place: string;
  /** Leaves this many bytes free, in whole pages. */
  fill(left: number): Promise<void>;
  free(): Promise<void>;
  remount(how: 'ro' | 'rw'): void;
  unmount(): void;
}>;

/** Mounts a tmpfs over a directory, with what lies in it; from when it is unmounted on the directory is as it was before. */
export const smallDisk = async (place: string, bytes: number): Promise<SmallDisk> => {
  await mkdir(place, { recursive: true });
  const before = await mkdtemp(join(tmpdir(), 'rowbridge-disk-'));
  execFileSync('cp', ['-a', `${place}/.`, before]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0777`, 'tmpfs', place]);
  execFileSync('cp', ['-a', `${before}/.`, place]);
  await rm(before, { recursive: true });
  const filler = join(place, 'filler');
  return {
    name: basename(place),
    place,
    async fill(left) {
      const free = Number(execFileSync('df', ['--output=avail', '-B1', place], { encoding: 'utf8' }).split('\n')[1]);
      await writeFile(filler, Buffer.alloc(Math.max(0, free - left), 1)).catch((error: NodeJS.ErrnoException) => {
        // Others write at the same time: full it is.
        if (error.code !== 'ENOSPC') throw error;
      });
    },
    free: () => rm(filler, { force: true }),
    remount: (how) => void execFileSync('mount', ['-o', `remount,${how}`, place]),
    unmount: () => void execFileSync('umount', ['-l', place]),
  };
};
