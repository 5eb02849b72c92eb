// A directory of its own, embedded servers, and rowbridge as child processes: what every bench runs in.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaAdmin } from '../dist/adapters/kafka/admin.js';
import { kafkaClient } from '../dist/adapters/kafka/client.js';
import { kafkaReader } from '../dist/adapters/kafka/reader.js';
import { embeddedEnvironment } from '../dist/app/embedded.js';
import { startEngines } from '../dist/engines/index.js';

export const GIVE_UP_MS = 15 * 60_000;

const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const say = (text) => process.stderr.write(`${text}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The sum of offsets by partition. */
export const sum = (offsets) => Number([...offsets.values()].reduce((total, one) => total + one, 0n));

/** The most memory a process has had, in MiB. */
export const peakMiB = ({ child }) => {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  return line === null ? Number.NaN : Math.round(Number(line[1]) / 1024);
};

/** Runs a bench and cleans up after it, also when it fails or is interrupted. */
export const world = async (bench) => {
  const directory = mkdtempSync(join(tmpdir(), 'rowbridge-bench-'));
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const children = [];
  const engines = await startEngines({
    home: join(directory, 'home'),
    downloads: join(process.cwd(), '.rowbridge', 'dist'),
    env: process.env,
    signal: stop.signal,
    onProgress: say,
  });
  const servers = embeddedEnvironment(engines);
  const kafka = kafkaClient({ brokers: [servers.KAFKA_BROKERS], clientId: 'bench', log: quiet });
  const [reader, admin] = [kafkaReader(kafka), kafkaAdmin(kafka)];
  const program = (...args) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'dist', 'main.js'), ...args], {
      cwd: directory,
      env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...servers },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const running = { child, ended: new Promise((resolve) => child.on('close', resolve)) };
    children.push(running);
    return running;
  };
  const until = async (what, reached) => {
    const deadline = Date.now() + GIVE_UP_MS;
    while (!(await reached())) {
      if (stop.signal.aborted || Date.now() > deadline) throw new Error(`gave up waiting for ${what}`);
      await sleep(50);
    }
  };
  try {
    await bench({ servers, reader, admin, program, until, say });
  } finally {
    for (const { child } of children) child.kill('SIGTERM');
    await Promise.all(children.map(({ ended }) => ended));
    await reader.close();
    await admin.close();
    await engines.stop();
    rmSync(directory, { recursive: true, force: true });
  }
};
