import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findProgram } from '../../src/engines/find-program.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

describe('a program on the PATH', () => {
  it('is the first that may be run', () => {
    for (const name of ['a', 'b', 'c']) mkdirSync(join(folder(), name, name === 'b' ? 'tool' : '.'), { recursive: true });
    writeFileSync(join(folder(), 'a', 'tool'), '', { mode: 0o644 });
    writeFileSync(join(folder(), 'c', 'tool'), '', { mode: 0o755 });
    chmodSync(join(folder(), 'c', 'tool'), 0o755);
    const PATH = ['a', 'b', '', 'c'].map((name) => name && join(folder(), name)).join(delimiter);
    expect(findProgram(['tool'], { PATH })).toBe(join(folder(), 'c', 'tool'));
    expect(findProgram(['other'], { PATH })).toBeUndefined();
    expect(findProgram(['tool'], {})).toBeUndefined();
  });
});
