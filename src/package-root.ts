import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package: the same from `src` and from `dist`. */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..');
