#!/usr/bin/env node
import { runCli } from './cli.js';
import { exitCodeOf } from './core/errors.js';
import { explain } from './explain.js';

runCli(process.argv, (code) => process.exit(code)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(explain(error, process.stderr.hasColors?.() === true));
    process.exit(exitCodeOf(error));
  },
);
