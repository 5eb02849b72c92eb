import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathUnusable } from '../../../src/adapters/files/path-unusable.js';
import { BridgeError } from '../../../src/core/errors.js';
import { failureOf } from '../../contracts/failure.js';

describe('an error of the system about a path', () => {
  it('names the path, and is no defect', async () => {
    const path = join(__filename, 'below-a-file');
    expect(pathUnusable(await failureOf(() => mkdir(path, { recursive: true })))).toMatchObject({
      code: 'PATH_UNUSABLE',
      kind: 'environment',
      found: expect.stringMatching(/^Cannot use .*below-a-file: .*ENOTDIR/),
    });
  });

  it.each([
    ['an error of rowbridge', new BridgeError({ code: 'X', kind: 'integrity', found: '', fix: '' })],
    ['a defect', new TypeError('undefined is not a function')],
    ['a defect with a path', Object.assign(new TypeError('no'), { code: 'ERR_INVALID_ARG_TYPE', path: '/x' })],
    ['an error without a path', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['what is no error', 'ENOENT'],
  ])('is not %s', (_, error) => {
    expect(pathUnusable(error)).toBe(error);
  });
});
