// Our capture and the SQL that others poll with, side by side on one server: what each of them never saw.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { openConnection } from '../dist/adapters/mysql/connect.js';
import { setupDatabase } from '../dist/adapters/mysql/setup.js';
import { pollers } from './loss-pollers.mjs';
import { startServer } from './loss-server.mjs';
import { writeFor } from './loss-writers.mjs';

const WRITERS = 24;
const EVERY_MS = 50;
/** The longest delay, the longest transaction and some seconds more: whoever has not seen a row by then never will. */
const SETTLE_MS = 12_000;
const ROOT = join(import.meta.dirname, '..');

const quiet = {
  debug() {},
  info() {},
  warn: (facts, text) => process.stderr.write(`${text} ${JSON.stringify(facts)}\n`),
  error() {},
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

const machine = (version) => {
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} cores (${cpus()[0].model.trim()}), ${gib} GiB, ${version}`;
};

/** A database with the products table, its 50 seed rows and the accounts of a set-up. */
const freshTable = async (mysql, name) => {
  const admin = { host: mysql.host, port: mysql.port, user: mysql.adminUser, password: mysql.adminPassword };
  const accounts = {
    capture: { user: `${name}_c`, password: 'Capture-password-1' },
    updater: { user: `${name}_u`, password: 'Updater-password-1' },
  };
  const migrationsDirectory = join(ROOT, 'db', 'migrations');
  await setupDatabase({ admin, database: name, tables: ['products'], ...accounts, migrationsDirectory, log: quiet });
  const connect = (account, role) => () => openConnection({ ...admin, ...account, database: name }, { role });
  const asAdmin = await connect({}, 'bench')();
  for (const { id, name: title, category, price } of JSON.parse(readFileSync(join(ROOT, 'db', 'seeds', 'products.json'), 'utf8')))
    await asAdmin.change('INSERT INTO products (id, name, category, price) VALUES (?, ?, ?, ?)', [id, title, category, price]);
  return { database: name, asAdmin, capture: connect(accounts.capture, 'capture'), writer: connect(accounts.updater, 'writer') };
};

const report = (name, seen, last, begun) => {
  const ages = seen.ages.filter(({ stamp }) => stamp >= begun).map(({ age }) => age);
  ages.sort((a, b) => a - b);
  const lost = last.filter((version) => !seen.versions.has(version)).length;
  return { name, read: seen.versions.size, lost, p50: seconds(percentile(ages, 0.5)), p99: seconds(percentile(ages, 0.99)) };
};

/** One run: writers for a while, all pollers beside them. */
const compare = async (mysql, name, { forMs, slowMs, say }) => {
  const table = await freshTable(mysql, name);
  const stop = new AbortController();
  const guarantees = [];
  const running = pollers({
    ...table,
    root: ROOT,
    everyMs: EVERY_MS,
    log: quiet,
    signal: stop.signal,
    onGuarantee: (one) => guarantees.push(one),
  });
  await sleep(2_000);
  const begun = Date.now();
  say(`${WRITERS} writers for ${forMs / 1000} s, slow transactions of up to ${slowMs / 1000} s`);
  const journal = await writeFor({ connect: table.writer, writers: WRITERS, forMs, slowMs });
  await sleep(SETTLE_MS);
  stop.abort();
  const seen = await Promise.all(running.map(async ({ name: who, done }) => [who, await done]));
  const rows = await table.asAdmin.query('SELECT id, last_updated FROM products');
  const last = rows.map(({ id, last_updated }) => `${id}@${last_updated}`);
  const unknown = rows.filter(({ id, last_updated }) => id > 50 && !journal.has(`${id}@${last_updated}`)).length;
  await table.asAdmin.query('DROP DATABASE ??', [name]);
  await table.asAdmin.close();
  if (unknown > 0) throw new Error(`${unknown} rows are in the table and in no writer's journal`);
  const level = guarantees.map((one) => one.level).join(', ');
  return {
    committed: journal.size,
    last: last.length,
    level,
    results: seen.map(([who, what]) => report(who, what, last, begun)),
  };
};

/** @returns whether our capture lost nothing */
export const loss = async ({ forMs, pauses, servers, say, print }) => {
  const server = await startServer(servers, say);
  let clean = true;
  try {
    print(`measured on ${machine(await server.version())}`);
    for (const slowMs of pauses) {
      const name = `loss_${slowMs}_${Date.now().toString(36)}`;
      const { committed, last, level, results } = await compare(server.mysql, name, { forMs, slowMs, say });
      print(
        `\n${WRITERS} writers, ${forMs / 1000} s, slow transactions of up to ${slowMs / 1000} s: ${committed} versions committed, ${last} rows at the end; ours is ${level}\n`,
      );
      print('| poller, every 50 ms | versions seen | rows lost | row age p50 | p99 |\n| --- | ---: | ---: | ---: | ---: |');
      for (const { name: who, read, lost, p50, p99 } of results) print(`| ${who} | ${read} | ${lost} | ${p50} | ${p99} |`);
      clean &&= results[0].lost === 0 && level === 'proven';
    }
  } finally {
    await server.stop();
  }
  return clean;
};
