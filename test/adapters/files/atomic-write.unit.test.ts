import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atomicWrite } from '../../../src/adapters/files/atomic-write.js';
import { type FileSystem, nodeFiles } from '../../../src/adapters/files/file-system.js';
import { makeDirectory } from '../../../src/adapters/files/open-to-all.js';

const failure = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describe('an atomic write', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-files-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('replaces the whole file and leaves nothing else behind', async () => {
    const path = join(directory, 'state', 'a.json');
    await atomicWrite(path, 'one, and long');
    await atomicWrite(path, 'two');
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(join(directory, 'state'))).toEqual(['a.json']);
  });

  it('is durable before it replaces, and the name is durable when it resolves', async () => {
    const calls: string[] = [];
    const files: FileSystem = {
      ...nodeFiles,
      async open(path, flags, mode) {
        const file = await nodeFiles.open(path, flags, mode);
        const sync = file.sync.bind(file);
        return Object.assign(file, {
          sync: async () => {
            calls.push(path === directory ? 'sync directory' : 'sync file');
            await sync();
          },
        });
      },
      async rename(from, to) {
        calls.push('rename');
        await nodeFiles.rename(from, to);
      },
    };
    await atomicWrite(join(directory, 'a.json'), 'one', files);
    expect(calls).toEqual(['sync file', 'rename', 'sync directory']);
  });

  it.each(['ENOSPC', 'EROFS', 'EIO'])('leaves the old file whole on %s', async (code) => {
    const path = join(directory, 'a.json');
    await atomicWrite(path, 'old');
    const files: FileSystem = {
      ...nodeFiles,
      async open(path, flags, mode) {
        const file = await nodeFiles.open(path, flags, mode);
        return Object.assign(file, { write: () => Promise.reject(failure(code)) });
      },
    };
    await expect(atomicWrite(path, 'new', files)).rejects.toMatchObject({
      kind: 'transient',
      code: 'WRITE_FAILED',
      found: expect.stringContaining(code),
    });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(directory)).toEqual(['a.json']);
  });

  it('writes all of it, however little the system takes at a time', async () => {
    const files: FileSystem = {
      ...nodeFiles,
      async open(path, flags, mode) {
        const file = await nodeFiles.open(path, flags, mode);
        const write = file.write.bind(file) as (bytes: Buffer, at: number, length: number) => ReturnType<typeof file.write>;
        return Object.assign(file, {
          write: (bytes: Buffer, at: number, length: number) => write(bytes, at, Math.min(3, length)),
        });
      },
    };
    await atomicWrite(join(directory, 'a.json'), 'a longer text', files);
    expect(await readFile(join(directory, 'a.json'), 'utf8')).toBe('a longer text');
  });

  it('does not wait for ever on a system that takes nothing', async () => {
    const files: FileSystem = {
      ...nodeFiles,
      async open(path, flags, mode) {
        const file = await nodeFiles.open(path, flags, mode);
        return Object.assign(file, { write: async (bytes: Buffer) => ({ bytesWritten: 0, buffer: bytes }) });
      },
    };
    await expect(atomicWrite(join(directory, 'a.json'), 'text', files)).rejects.toMatchObject({ code: 'DIRECTORY_NOT_WRITABLE' });
  });

  it('makes a file that all may write where all may write to the directory, whatever the umask', async () => {
    await chmod(directory, 0o777);
    const before = process.umask(0o077);
    try {
      await atomicWrite(join(directory, 'new', 'a.json'), 'text');
    } finally {
      process.umask(before);
    }
    expect(await modeOf(join(directory, 'new'))).toBe('777');
    expect(await modeOf(join(directory, 'new', 'a.json'))).toBe('666');
  });

  it('leaves rights to the umask everywhere else', async () => {
    const before = process.umask(0o027);
    try {
      await atomicWrite(join(directory, 'new', 'a.json'), 'text');
    } finally {
      process.umask(before);
    }
    expect(await modeOf(join(directory, 'new'))).toBe('750');
    expect(await modeOf(join(directory, 'new', 'a.json'))).toBe('640');
  });
});

describe('a directory under one that is open to all', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-files-'));
    await chmod(directory, 0o777);
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is open to all with all that had to be made above it', async () => {
    await makeDirectory(join(directory, 'a', 'b', 'c'));
    for (const path of ['a', 'a/b', 'a/b/c']) expect(await modeOf(join(directory, path))).toBe('777');
  });

  it('keeps its rights when it was there before', async () => {
    await makeDirectory(join(directory, 'a'));
    await chmod(join(directory, 'a'), 0o700);
    await makeDirectory(join(directory, 'a'));
    await makeDirectory(join(directory, 'a', 'b'));
    expect(await modeOf(join(directory, 'a'))).toBe('700');
    expect(await modeOf(join(directory, 'a', 'b'))).not.toBe('777');
  });

  it('may be named from the working directory', async () => {
    const before = process.cwd();
    process.chdir(directory);
    try {
      await makeDirectory('a/b');
      await writeFile('a/b/c', '');
    } finally {
      process.chdir(before);
    }
    expect(await modeOf(join(directory, 'a', 'b'))).toBe('777');
  });
});
