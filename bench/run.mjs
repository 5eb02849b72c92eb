// Measures rowbridge on embedded servers: `npm run bench [-- products|generators] [--rows N]`. Without a name: all of them.
import { parseArgs } from 'node:util';
import { generators } from './generators.mjs';
import { products } from './products.mjs';
import { world } from './world.mjs';

const BENCHES = { products, generators };

const { values, positionals } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' } },
  allowPositionals: true,
});
const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
const unknown = names.filter((name) => BENCHES[name] === undefined);
const rows = Number(values.rows);

if (unknown.length > 0 || !Number.isSafeInteger(rows) || rows < 1000) {
  process.stderr.write(`usage: npm run bench [-- ${Object.keys(BENCHES).join('|')}] [--rows N], N of 1000 or more\n`);
  process.exitCode = 2;
} else {
  for (const name of names) {
    process.stdout.write(`${name}\n`);
    await world(async (parts) => {
      for await (const [what, value] of BENCHES[name]({ ...parts, rows }))
        process.stdout.write(`  ${what.padEnd(58)} ${value}\n`);
    });
  }
}
