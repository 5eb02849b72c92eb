// Puts `rowbridge` among the checkout's own programs, as if it were installed there: `npx rowbridge` then needs no cache and no network.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(import.meta.dirname, '..', 'node_modules', '.bin');
if (process.platform !== 'win32') {
  mkdirSync(directory, { recursive: true });
  rmSync(join(directory, 'rowbridge'), { force: true });
  symlinkSync(join('..', '..', 'dist', 'main.js'), join(directory, 'rowbridge'));
}
