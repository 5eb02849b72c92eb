import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { logTail } from '../../src/engines/log-tail.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

describe('the end of a log', () => {
  it('leaves out stack frames, which would push out what happened', () => {
    const file = join(folder(), 'log');
    const frames = '\tat org.example.Some.method(Some.java:1)\n'.repeat(50);
    writeFileSync(file, `ERROR cannot\njava.lang.Error: one\n${frames}Caused by: two\n${frames}\t... 12 more\n`);
    expect(logTail(file)).toBe('ERROR cannot\njava.lang.Error: one\nCaused by: two');
  });

  it('is its last lines, long ones cut', () => {
    const file = join(folder(), 'log');
    writeFileSync(file, `${'first\n'.repeat(5_000)}${'x'.repeat(1_000)}\nlast\n`);
    expect(logTail(file, 2)).toBe(`${'x'.repeat(300)}\nlast`);
  });

  it('is empty where there is none', () => {
    expect(logTail(join(folder(), 'none'))).toBe('');
  });
});
