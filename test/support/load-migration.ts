import { compileFunction } from 'node:vm';
import { transformFile } from '@swc/core';
import type { LoadMigration } from '../../src/adapters/mysql/migrations.js';

/** Jest cannot import an ES module as it is: compiles a migration to CommonJS and runs that. */
export const loadMigration: LoadMigration = async (path) => {
  const { code } = await transformFile(path, { module: { type: 'commonjs' } });
  const module = { exports: {} as Awaited<ReturnType<LoadMigration>> };
  compileFunction(code, ['module', 'exports'])(module, module.exports);
  return module.exports;
};
