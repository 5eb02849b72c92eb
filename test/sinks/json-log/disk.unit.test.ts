import { chmod, mkdir, readdir, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSystem, nodeFiles, type OpenFile } from '../../../src/adapters/files/file-system.js';
import { results } from '../../contracts/sink.contract.js';
import { newWorld, type World } from './world.js';

const assigned = [{ topic: 'orders', partition: 0 }];

type Disk = { room: number; atATime: number; syncFails: boolean; truncateFails: boolean };

const failure = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });

/** A disk with so much room: a write that does not fit is done in part without an error, the next one fails. */
const fullDisk = (disk: Disk): FileSystem => {
  const wrap = (file: OpenFile): OpenFile =>
    ({
      read: file.read.bind(file),
      stat: file.stat.bind(file),
      sync: file.sync.bind(file),
      chmod: file.chmod.bind(file),
      close: file.close.bind(file),
      async write(bytes: Buffer, at: number, length: number) {
        if (disk.room === 0) throw failure('ENOSPC');
        const taken = Math.min(length, disk.room, disk.atATime);
        disk.room -= taken;
        return file.write(bytes, at, taken);
      },
      async truncate(length: number) {
        if (disk.truncateFails) throw failure('EIO');
        await file.truncate(length);
      },
      async datasync() {
        if (disk.syncFails) throw failure('EIO');
        await file.datasync();
      },
    }) as unknown as OpenFile;
  return { ...nodeFiles, open: async (path, flags, mode) => wrap(await nodeFiles.open(path, flags, mode)) };
};

describe('a disk that fails', () => {
  let world: World;
  let disk: Disk;

  beforeEach(async () => {
    world = await newWorld();
    disk = { room: Number.POSITIVE_INFINITY, atATime: Number.POSITIVE_INFINITY, syncFails: false, truncateFails: false };
  });

  afterEach(() => world.remove());

  const begun = async () => {
    const sink = world.sink('w1', { files: fullDisk(disk) });
    await sink.resume(assigned);
    await sink.write(results(0, 0, 2));
    return { sink, before: await world.text('w1') };
  };

  it('gets all bytes of a batch even when it takes a few at a time', async () => {
    disk.atATime = 7;
    const { sink } = await begun();
    expect(await world.offsets('w1')).toEqual([0, 1]);
    await sink.close();
  });

  it('leaves no torn line when it is full, wherever it ran full, and the sink goes on when there is room', async () => {
    const { sink, before } = await begun();
    for (let room = 0; room < 350; room += 13) {
      disk.room = room;
      await expect(sink.write(results(0, 2, 6))).rejects.toMatchObject({
        kind: 'transient',
        code: 'LOG_WRITE_FAILED',
        found: expect.stringContaining('ENOSPC'),
      });
      expect(await world.text('w1')).toBe(before);
    }
    disk.room = Number.POSITIVE_INFINITY;
    await sink.write(results(0, 2, 6));
    expect(await world.offsets('w1')).toEqual([0, 1, 2, 3, 4, 5]);
    await sink.close();
  });

  it('counts nothing of a batch that could not be made durable', async () => {
    const { sink, before } = await begun();
    disk.syncFails = true;
    await expect(sink.write(results(0, 2, 6))).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    expect(await world.text('w1')).toBe(before);
    disk.syncFails = false;
    await sink.write(results(0, 2, 6));
    expect(await world.offsets('w1')).toEqual([0, 1, 2, 3, 4, 5]);
    await sink.close();
  });

  it('is asked what became of a batch that could not be taken back', async () => {
    const { sink } = await begun();
    Object.assign(disk, { room: 250, truncateFails: true });
    await expect(sink.write(results(0, 2, 6))).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    Object.assign(disk, { room: Number.POSITIVE_INFINITY, truncateFails: false });
    await expect(sink.write(results(0, 2, 6))).rejects.toMatchObject({ kind: 'transient' });
    const next = (await sink.resume(assigned)).get('orders/0');
    expect(next).toBe(4n);
    await sink.write(results(0, 4, 6));
    expect(await world.offsets('w1')).toEqual([0, 1, 2, 3, 4, 5]);
    await sink.close();
  });

  it('without room for a claim, nothing is written under it', async () => {
    const { sink } = await begun();
    disk.room = 0;
    await expect(sink.resume([...assigned, { topic: 'orders', partition: 1 }])).rejects.toMatchObject({
      kind: 'transient',
      code: 'LOG_WRITE_FAILED',
    });
    disk.room = Number.POSITIVE_INFINITY;
    await expect(sink.write(results(1, 0, 1))).rejects.toMatchObject({ kind: 'transient' });
    await sink.close();
  });

  it('without room for the copy, gives a log back to the one it was to be taken from', async () => {
    // A claim of somebody who cannot be looked at.
    const { sink, before } = await begun();
    const heir = world.sink('w2', {
      files: fullDisk(disk),
      processes: { self: { pid: 1, host: 'other', pidNamespace: '', bootId: '', startTime: '' }, stateOf: () => 'unknown' },
    });
    await heir.open();
    disk.room = 120;
    await expect(heir.resume(assigned)).rejects.toMatchObject({ kind: 'transient', code: 'LOG_WRITE_FAILED' });
    disk.room = Number.POSITIVE_INFINITY;
    expect(await world.text('w1')).toBe(before);
    expect((await world.files('w1')).filter((name) => name.includes('fenced'))).toEqual([]);
    await heir.close();
    await sink.close();
  });
});

describe('a directory', () => {
  let world: World;

  beforeEach(async () => {
    world = await newWorld();
  });

  afterEach(() => world.remove());

  it('that cannot be made is said, with what to do', async () => {
    await writeFile(join(world.directory, 'w1'), 'a file in its place');
    await expect(world.sink('w1').open()).rejects.toMatchObject({ kind: 'environment', code: 'DIRECTORY_NOT_WRITABLE' });
  });

  it('that cannot be written is said', async () => {
    const files: FileSystem = {
      ...nodeFiles,
      open: (path, flags, mode) => (flags === 'r' ? nodeFiles.open(path, flags, mode) : Promise.reject(failure('EROFS'))),
    };
    await expect(world.sink('w1', { files }).open()).rejects.toMatchObject({
      kind: 'environment',
      code: 'DIRECTORY_NOT_WRITABLE',
    });
  });

  it('that is open to all gets files and folders open to all, whatever the umask', async () => {
    await chmod(world.directory, 0o777);
    const before = process.umask(0o077);
    try {
      const sink = world.sink('w1');
      await sink.resume(assigned);
      await sink.write(results(0, 0, 1));
      const during = await readdir(join(world.directory, 'w1'));
      for (const name of during) {
        const { mode } = await stat(world.pathOf('w1', name));
        expect([name, (mode & 0o777).toString(8)]).toEqual([name, name === 'worker.lock' ? '777' : '666']);
      }
      await sink.close();
      expect((await stat(join(world.directory, 'w1'))).mode & 0o777).toBe(0o777);
      expect((await stat(world.pathOf('w1', 'consumer_log.index.json'))).mode & 0o777).toBe(0o666);
    } finally {
      process.umask(before);
    }
  });

  it.each(['', 'W1', 'a/b', '..', 'a b'])('is never made of the name %p', (instance) => {
    expect(() => world.sink(instance)).toThrow(expect.objectContaining({ kind: 'configuration', code: 'INSTANCE_NAME_INVALID' }));
  });
});

describe('a person at the log', () => {
  let world: World;

  beforeEach(async () => {
    world = await newWorld();
  });

  afterEach(() => world.remove());

  const begun = async () => {
    const sink = world.sink('w1');
    await sink.resume(assigned);
    await sink.write(results(0, 0, 3));
    return sink;
  };

  const EMPTIED = "the log was deleted or emptied: going on from the group's committed offsets";

  it.each([
    ['deletes', () => unlink(world.pathOf('w1'))],
    ['empties', () => truncate(world.pathOf('w1'), 0)],
  ])('who %s it while the worker runs: the batch is written anew, without a hole, and it is said once', async (_what, act) => {
    const sink = await begun();
    await act();
    await expect(sink.write(results(0, 3, 5))).rejects.toMatchObject({ kind: 'transient' });
    expect(await sink.resume(assigned)).toEqual(new Map());
    await sink.write(results(0, 3, 5));
    await sink.write(results(0, 5, 7));
    expect(await world.offsets('w1')).toEqual([3, 4, 5, 6]);
    await sink.close();
    const again = world.sink('w1');
    expect(await again.resume(assigned)).toEqual(new Map([['orders/0', 7n]]));
    expect(world.warnings()).toEqual([EMPTIED]);
  });

  it.each([
    ['deletes', () => unlink(world.pathOf('w1'))],
    ['empties', () => truncate(world.pathOf('w1'), 0)],
  ])('who %s it while the worker is stopped: it goes on from the committed offsets, and it is said once', async (_what, act) => {
    await (await begun()).close();
    await act();
    const sink = world.sink('w1');
    expect(await sink.resume(assigned)).toEqual(new Map());
    await sink.write(results(0, 3, 5));
    await sink.close();
    await world.sink('w1').open();
    expect(world.warnings()).toEqual([EMPTIED]);
    expect(await world.offsets('w1')).toEqual([3, 4]);
  });

  it('who empties it between the write and the look after it: the batch does not count twice', async () => {
    let emptied = false;
    const files: FileSystem = {
      ...nodeFiles,
      async stat(path) {
        return nodeFiles.stat(path);
      },
      async open(path, flags, mode) {
        const file = await nodeFiles.open(path, flags, mode);
        const datasync = file.datasync.bind(file);
        file.datasync = async () => {
          await datasync();
          if (emptied) await truncate(path, 0);
        };
        return file;
      },
    };
    const sink = world.sink('w1', { files });
    await sink.resume(assigned);
    await sink.write(results(0, 0, 3));
    emptied = true;
    await expect(sink.write(results(0, 3, 5))).rejects.toMatchObject({ code: 'LOG_CHANGED' });
    emptied = false;
    await sink.resume(assigned);
    await sink.write(results(0, 3, 5));
    expect(await world.offsets('w1')).toEqual([3, 4]);
    await sink.close();
  });

  it('who puts another file in its place: that one is read and written on', async () => {
    const sink = await begun();
    const text = await world.text('w1');
    await unlink(world.pathOf('w1'));
    await writeFile(world.pathOf('w1'), text);
    await expect(sink.write(results(0, 3, 5))).rejects.toMatchObject({ code: 'LOG_FENCED' });
    expect(await sink.resume(assigned)).toEqual(new Map([['orders/0', 3n]]));
    await sink.write(results(0, 3, 5));
    expect(await world.offsets('w1')).toEqual([0, 1, 2, 3, 4]);
  });

  it('who adds to it: what is not a line of the log is refused', async () => {
    const sink = await begun();
    await writeFile(world.pathOf('w1'), 'hello\n', { flag: 'a' });
    await expect(sink.write(results(0, 3, 5))).rejects.toMatchObject({ code: 'LOG_CHANGED' });
    await expect(sink.resume(assigned)).rejects.toMatchObject({ code: 'LOG_BROKEN' });
  });

  it('whose own folders stand beside the logs: they are left alone', async () => {
    await mkdir(join(world.directory, 'notes'));
    await writeFile(join(world.directory, 'readme.txt'), 'hello');
    const sink = await begun();
    await sink.close();
    expect((await readdir(world.directory)).sort()).toEqual(['notes', 'readme.txt', 'w1']);
    expect(await readdir(join(world.directory, 'notes'))).toEqual([]);
  });
});
