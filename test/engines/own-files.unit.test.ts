import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeFolder, keptText, writeOwnFile } from '../../src/engines/own-files.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

describe('files of our own', () => {
  it('only their owner may read, and nothing else is left of the writing', () => {
    const file = join(folder(), 'deep', 'file');
    writeOwnFile(file, 'one');
    writeOwnFile(file, 'two');
    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder(), 'deep'))).toEqual(['file']);
  });

  it('a kept text is made once', () => {
    const file = join(folder(), 'kept');
    expect(keptText(file, () => 'first')).toBe('first');
    expect(keptText(file, () => 'second')).toBe('first');
  });
});

describe('a folder that is complete or not there', () => {
  it('gets its name when it is filled', async () => {
    const target = join(folder(), 'data');
    await completeFolder(target, async (temporary) => {
      expect(existsSync(target)).toBe(false);
      writeFileSync(join(temporary, 'file'), 'x');
    });
    expect(readdirSync(target)).toEqual(['file']);
    await completeFolder(target, async () => {
      throw new Error('filled again');
    });
  });

  it('is filled anew when the time before did not come to its end', async () => {
    const target = join(folder(), 'data');
    mkdirSync(`${target}.new`);
    writeFileSync(join(`${target}.new`, 'half'), 'x');
    await completeFolder(target, async (temporary) => writeFileSync(join(temporary, 'whole'), 'x'));
    expect(readdirSync(target)).toEqual(['whole']);
  });

  it('is not there when filling it failed', async () => {
    const target = join(folder(), 'data');
    await expect(completeFolder(target, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(target)).toBe(false);
  });
});
