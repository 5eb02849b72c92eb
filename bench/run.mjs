// Measures the products pipeline over existing rows on embedded servers: `npm run bench [-- products] [--rows 1000000]`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kafkaAdmin } from '../dist/adapters/kafka/admin.js';
import { kafkaClient } from '../dist/adapters/kafka/client.js';
import { kafkaReader } from '../dist/adapters/kafka/reader.js';
import { openConnection } from '../dist/adapters/mysql/connect.js';
import { embeddedEnvironment } from '../dist/app/embedded.js';
import { startEngines } from '../dist/engines/index.js';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } }, allowPositionals: true });
const ROWS = Number(values.rows);
const GIVE_UP_MS = 15 * 60_000;
const INSTANCES = 5;

const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const say = (text) => process.stderr.write(`${text}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const directory = mkdtempSync(join(tmpdir(), 'rowbridge-bench-'));
const stop = new AbortController();
const children = [];
process.once('SIGINT', () => stop.abort());

const program = (env, ...args) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'dist', 'main.js'), ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  children.push({ child, ended });
  return { child, ended };
};

/** The most memory a process has had, in MiB. */
const peakMiB = ({ child }) => {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  return line === null ? Number.NaN : Math.round(Number(line[1]) / 1024);
};

const until = async (what, reached) => {
  const deadline = Date.now() + GIVE_UP_MS;
  while (!(await reached())) {
    if (stop.signal.aborted || Date.now() > deadline) throw new Error(`gave up waiting for ${what}`);
    await sleep(100);
  }
};

const sum = (offsets) => Number([...offsets.values()].reduce((total, one) => total + one, 0n));

const fill = async (servers) => {
  const connection = await openConnection(
    {
      host: servers.MYSQL_HOST,
      port: Number(servers.MYSQL_PORT),
      user: servers.MYSQL_ADMIN_USER,
      password: servers.MYSQL_ADMIN_PASSWORD,
      database: servers.MYSQL_DATABASE,
    },
    { role: 'bench', deadlineMs: GIVE_UP_MS },
  );
  for (let from = 0; from < ROWS; from += 100_000) {
    const count = Math.min(100_000, ROWS - from);
    await connection.change(
      `INSERT INTO products (name, category, price)
       SELECT CONCAT('product ', seq), CONCAT('cat_', seq % 5 + 1), (seq % 100000) / 100 FROM seq_1_to_${count}`,
    );
    say(`${from + count} rows in the table`);
  }
  await connection.close();
};

const rate = (ms) => Math.round(ROWS / (ms / 1000));

const measure = async (servers) => {
  await program(servers, 'setup').ended;
  await fill(servers);
  const kafka = kafkaClient({ brokers: [servers.KAFKA_BROKERS], clientId: 'bench', log: quiet });
  const reader = kafkaReader(kafka);
  const admin = kafkaAdmin(kafka);
  try {
    let begun = performance.now();
    const producer = program(servers, 'produce', 'products');
    await until('the topic', async () => sum(await reader.endOffsets('product_updates')) >= ROWS);
    const published = performance.now() - begun;
    const producerMiB = peakMiB(producer);
    begun = performance.now();
    const workers = Array.from({ length: INSTANCES }, (_, n) =>
      program(servers, 'consume', 'products', '--instance', `consumer_${n + 1}`),
    );
    await until('the logs', async () => sum(await admin.committed('product_workers', 'product_updates')) >= ROWS);
    const consumed = performance.now() - begun;
    const workerMiB = Math.max(...workers.map(peakMiB));
    return {
      rows: ROWS,
      'rows/s into the topic': rate(published),
      'rows/s from the topic into five logs': rate(consumed),
      'rows/s end to end, one after the other': rate(published + consumed),
      'peak memory of the producer, MiB': producerMiB,
      'peak memory of a worker, MiB': workerMiB,
    };
  } finally {
    await reader.close();
    await admin.close();
  }
};

const engines = await startEngines({
  home: join(directory, 'home'),
  downloads: join(process.cwd(), '.rowbridge', 'dist'),
  env: process.env,
  signal: stop.signal,
  onProgress: say,
});
try {
  for (const [name, value] of Object.entries(await measure(embeddedEnvironment(engines))))
    process.stdout.write(`${name.padEnd(42)} ${value}\n`);
} finally {
  for (const { child } of children) child.kill('SIGTERM');
  await Promise.all(children.map(({ ended }) => ended));
  await engines.stop();
  rmSync(directory, { recursive: true, force: true });
}
