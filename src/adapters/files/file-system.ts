import * as promises from 'node:fs/promises';

/** The part of an open file that is used; a test puts its own in between. */
export type OpenFile = Pick<
  promises.FileHandle,
  'read' | 'write' | 'stat' | 'truncate' | 'datasync' | 'sync' | 'chmod' | 'close'
>;

/** The part of the file system that is used; a test puts its own in between. */
export type FileSystem = Readonly<{
  open(path: string, flags: string | number, mode?: number): Promise<OpenFile>;
  readFile(path: string, encoding: 'utf8'): Promise<string>;
  readdir(path: string): Promise<string[]>;
  stat(path: string): Promise<Readonly<{ ino: number; size: number; mtimeMs: number; mode: number }>>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** The first directory made, with `recursive` only. */
  mkdir(path: string, options?: Readonly<{ recursive: boolean }>): Promise<string | undefined>;
  rmdir(path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  utimes(path: string, accessed: Date, modified: Date): Promise<void>;
}>;

export const nodeFiles: FileSystem = {
  open: (path, flags, mode) => promises.open(path, flags, mode),
  readFile: (path, encoding) => promises.readFile(path, encoding),
  readdir: (path) => promises.readdir(path),
  stat: (path) => promises.stat(path),
  rename: (from, to) => promises.rename(from, to),
  unlink: (path) => promises.unlink(path),
  mkdir: (path, options) => promises.mkdir(path, options),
  rmdir: (path) => promises.rmdir(path),
  chmod: (path, mode) => promises.chmod(path, mode),
  utimes: (path, accessed, modified) => promises.utimes(path, accessed, modified),
};

export const errnoOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** What a call resolves with, or undefined where it fails with one of these (such as `ENOENT`). */
export const unless = async <T>(codes: readonly string[], call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (codes.includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
};

export const ifThere = <T>(call: Promise<T>): Promise<T | undefined> => unless(['ENOENT'], call);

/** Runs with an open file and closes it, whatever happens. */
export const withFile = async <T>(
  files: FileSystem,
  path: string,
  flags: string | number,
  use: (file: OpenFile) => Promise<T>,
): Promise<T> => {
  const file = await files.open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
};

/** Makes the names in a directory durable. */
export const syncDirectory = (files: FileSystem, directory: string): Promise<void> =>
  withFile(files, directory, 'r', (file) => file.sync());

/** Writes all of it: the system may take only a part at a time, and on a full disk it does. */
export const writeWhole = async (file: OpenFile, bytes: Buffer): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
    if (bytesWritten === 0) throw new Error('the system takes no more bytes');
    done += bytesWritten;
  }
};
