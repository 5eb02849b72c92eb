import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { transformFile } from '@swc/core';

const root = join(__dirname, '../../..');
const jsc = { parser: { syntax: 'typescript' }, target: 'es2022' } as const;

export type Compiled = Readonly<{ directory: string; remove(): Promise<void> }>;

/** Folders of `src/` as Node runs them, in a place where packages are found: for tests that start processes of their own. */
export const compileSources = async (...folders: readonly string[]): Promise<Compiled> => {
  await mkdir(join(root, '.rowbridge'), { recursive: true });
  const directory = await mkdtemp(join(root, '.rowbridge', 'test-'));
  for (const folder of folders)
    for (const file of await readdir(join(root, 'src', folder))) {
      if (!file.endsWith('.ts')) continue;
      const { code } = await transformFile(join(root, 'src', folder, file), { swcrc: false, jsc, module: { type: 'es6' } });
      const target = join(directory, folder, file.replace(/ts$/, 'js'));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, code);
    }
  return { directory, remove: () => rm(directory, { recursive: true }) };
};
