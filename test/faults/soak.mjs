// npm run soak -- --minutes 10 --seed 7
// Runs soak.ts with the tests' own support files: what jest does for tests, done here for a program.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import { transformSync } from '@swc/core';

const require = createRequire(import.meta.url);
const options = { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } };
Module._extensions['.ts'] = (module, filename) =>
  module._compile(transformSync(readFileSync(filename, 'utf8'), { ...options, filename, sourceMaps: 'inline' }).code, filename);
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const typescript = join(dirname(parent?.filename ?? ''), request.replace(/\.js$/, '.ts'));
  const ours = request.startsWith('.') && request.endsWith('.js') && parent?.filename?.endsWith('.ts') && existsSync(typescript);
  return ours ? typescript : resolve.call(this, request, parent, ...rest);
};
process.exit(await require('./soak/index.ts').soak(process.argv.slice(2)));
