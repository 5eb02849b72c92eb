import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileSystem, nodeFiles } from '../../../src/adapters/files/file-system.js';
import { logParts, openPart } from '../../../src/sinks/json-log/open-to-read.js';

describe('the files that hold the lines of an instance', () => {
  let directory: string;
  const at = (name: string) => join(directory, name);
  const LOG = 'consumer_log.json';
  const ROTATED = 'consumer_log.2026-11-21T01-22-33Z.json';
  const textOf = async (part: Parameters<typeof openPart>[1]) => {
    const file = await openPart(directory, part);
    if (file === undefined) return undefined;
    const bytes = Buffer.alloc(100);
    const { bytesRead } = await file.read(bytes, 0, 100, 0);
    await file.close();
    return bytes.toString('utf8', 0, bytesRead);
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-parts-'));
    await writeFile(at('consumer_log.2026-11-21T01-22-33Z-2.json'), 'second\n');
    await writeFile(at(ROTATED), 'first\n');
    await writeFile(at(LOG), 'third\n');
    await writeFile(at('consumer_log.2026-11-21T01-22-30Z.json.gz'), 'packed');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('are the rotated logs in the order of their times, then the log; others are none', async () => {
    const parts = await logParts(directory);
    expect(await Promise.all(parts.map((part) => textOf(part)))).toEqual(['first\n', 'second\n', 'third\n']);
    expect(parts.map(({ bytes, rotated }) => [bytes, rotated])).toEqual([
      [6, true],
      [7, true],
      [6, false],
    ]);
  });

  it('are found again when the log is rotated meanwhile', async () => {
    const [, , log] = await logParts(directory);
    await rename(at(LOG), at('consumer_log.2026-11-21T01-22-34Z.json'));
    await writeFile(at(LOG), 'fourth\n');
    expect(log && (await textOf(log))).toBe('third\n');
  });

  it('are each there once when the log is rotated while they are listed', async () => {
    let rotated = false;
    const files: FileSystem = {
      ...nodeFiles,
      async open(path, flags, mode) {
        const file = await nodeFiles.open(path, flags, mode);
        if (rotated) return file;
        rotated = true;
        await rename(at(LOG), at('consumer_log.2026-11-21T01-22-34Z.json'));
        await writeFile(at(LOG), 'fourth\n');
        return file;
      },
    };
    const parts = await logParts(directory, files);
    expect(await Promise.all(parts.map((part) => textOf(part)))).toEqual(['first\n', 'second\n', 'third\n']);
  });

  it('are gone when they were moved away, and no other stands for them', async () => {
    const [first] = await logParts(directory);
    await mkdir(at('away'));
    await rename(at(ROTATED), at('away/packed'));
    expect(first && (await textOf(first))).toBeUndefined();
  });

  it('are never shorter than they were: another file with the number of one that is gone is not it', async () => {
    const [, , log] = await logParts(directory);
    if (log === undefined) throw new Error('no log');
    await appendFile(at(LOG), 'more\n');
    expect(await textOf(log)).toBe('third\nmore\n');
    expect(await textOf({ ...log, bytes: 100 })).toBeUndefined();
  });

  it('are none without a directory', async () => {
    expect(await logParts(at('none'))).toEqual([]);
  });
});
