// Measures rowbridge: `npm run bench [-- products|generators|verify|loss] [--rows N] [--seconds N] [--pauses ms,ms] [--servers embedded|docker]`.
// Without a name: products, generators and verify, on embedded servers.
import { parseArgs } from 'node:util';
import { generators } from './generators.mjs';
import { loss } from './loss.mjs';
import { SERVERS } from './loss-server.mjs';
import { products } from './products.mjs';
import { verify } from './verify.mjs';
import { world } from './world.mjs';

const BENCHES = { products, generators, verify };

const { values, positionals } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '60' },
    pauses: { type: 'string', default: '400,3000' },
    servers: { type: 'string', default: 'embedded' },
  },
  allowPositionals: true,
});
const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
const unknown = names.filter((name) => name !== 'loss' && BENCHES[name] === undefined);
const [rows, seconds] = [Number(values.rows), Number(values.seconds)];
const pauses = values.pauses.split(',').map(Number);
const rightly =
  Number.isSafeInteger(rows) &&
  rows >= 1000 &&
  seconds >= 1 &&
  pauses.every((ms) => ms >= 0) &&
  SERVERS[values.servers] !== undefined;

if (unknown.length > 0 || !rightly) {
  process.stderr.write(
    `usage: npm run bench [-- ${Object.keys(BENCHES).join('|')}] [--rows N], N of 1000 or more\n` +
      `       npm run bench -- loss [--seconds N] [--pauses ms,ms] [--servers ${Object.keys(SERVERS).join('|')}]\n`,
  );
  process.exitCode = 2;
} else {
  for (const name of names) {
    process.stdout.write(`${name}\n`);
    if (name === 'loss') {
      const say = (text) => process.stderr.write(`${text}\n`);
      const print = (text) => process.stdout.write(`${text}\n`);
      if (!(await loss({ forMs: seconds * 1000, pauses, servers: values.servers, say, print }))) process.exitCode = 1;
      continue;
    }
    await world(async (parts) => {
      for await (const [what, value] of BENCHES[name]({ ...parts, rows }))
        process.stdout.write(`  ${what.padEnd(58)} ${value}\n`);
    });
  }
}
