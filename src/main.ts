#!/usr/bin/env node
import { runCli } from './cli.js';
import { exitCodeOf } from './core/errors.js';
import { explain } from './explain.js';

// kafkajs 2.2.4 computes timeouts that lie a little in the past; Node 24 warns of each kind of it on stderr.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => {
  if (name !== 'TimeoutNegativeWarning') process.stderr.write(`warning ${name}: ${message}\n`);
});

// Words for a person that cannot be written, on a full disk or to a reader that has gone, end nothing.
process.stderr.on('error', () => {});

runCli(process.argv, (code) => process.exit(code)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(explain(error, process.stderr.hasColors?.() === true));
    process.exit(exitCodeOf(error));
  },
);
