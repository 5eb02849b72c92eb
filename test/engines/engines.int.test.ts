import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { createConnection } from 'mysql2/promise';
import { delayOrAbort } from '../../src/core/delay.js';
import {
  type EngineAddresses,
  type EngineName,
  type Engines,
  removeData,
  runningEngines,
  startEngines,
} from '../../src/engines/index.js';
import { isRunning, type ProcessRef } from '../../src/engines/process-identity.js';

const DOWNLOADS = join(__dirname, '../../.rowbridge/dist');
const HOLDER = join(__dirname, 'hold-servers.mjs');
const TOPIC = 'kept';

const home = mkdtempSync(join(tmpdir(), 'rowbridge whole-'));
const holders: ChildProcess[] = [];

const start = <N extends EngineName = EngineName>(
  signal = new AbortController().signal,
  only?: readonly N[],
): Promise<Engines<N>> =>
  startEngines<N>({ home, downloads: DOWNLOADS, env: process.env, onProgress: () => {}, signal, ...(only ? { only } : {}) });

/** A program of its own that runs servers over the home. */
const holder = (...only: EngineName[]) => {
  const child = spawn(process.execPath, [HOLDER, home, DOWNLOADS, ...only], { stdio: ['ignore', 'pipe', 'inherit'] });
  holders.push(child);
  return child;
};

const lockedProcesses = (): ProcessRef[] => {
  try {
    return JSON.parse(readFileSync(join(home, 'lock.json'), 'utf8')).processes;
  } catch {
    return [];
  }
};

const until = async (what: string, found: () => boolean, withinMs: number): Promise<void> => {
  const deadline = Date.now() + withinMs;
  while (!found()) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await delayOrAbort(20, new AbortController().signal);
  }
};

const sql = async ({ mysql }: Pick<EngineAddresses, 'mysql'>, ...statements: string[]): Promise<unknown> => {
  const { host, port, adminUser: user, adminPassword: password } = mysql;
  const connection = await createConnection({ host, port, user, password });
  try {
    let rows: unknown;
    for (const statement of statements) [rows] = await connection.query(statement);
    return rows;
  } finally {
    await connection.end();
  }
};

const clientOf = ({ kafka }: EngineAddresses): Kafka => new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });

const schemasOf = async ({ registry }: EngineAddresses): Promise<unknown> => (await fetch(`${registry.url}/subjects`)).json();

const write = async (engines: EngineAddresses): Promise<void> => {
  await sql(engines, 'CREATE DATABASE kept', "CREATE TABLE kept.kept SELECT 'a row' AS text");
  const admin = clientOf(engines).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 2, replicationFactor: 1 }], waitForLeaders: true });
  await admin.disconnect();
  const producer = clientOf(engines).producer();
  await producer.connect();
  await producer.send({ topic: TOPIC, acks: -1, messages: [{ partition: 1, value: 'a record' }] });
  await producer.disconnect();
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const body = JSON.stringify({ schema: '"string"' });
  expect((await fetch(`${engines.registry.url}/subjects/kept/versions`, { method: 'POST', headers, body })).status).toBe(200);
};

const expectAllKept = async (engines: EngineAddresses): Promise<void> => {
  expect(await sql(engines, 'SELECT text FROM kept.kept')).toEqual([{ text: 'a row' }]);
  const admin = clientOf(engines).admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(TOPIC);
  await admin.disconnect();
  expect(offsets.find(({ partition }) => partition === 1)).toMatchObject({ low: '0', high: '1' });
  expect(await schemasOf(engines)).toEqual(['kept']);
};

afterAll(async () => {
  for (const child of holders) child.kill('SIGKILL');
  await until('that all servers stop', () => !lockedProcesses().some(isRunning), 15_000);
  rmSync(home, { recursive: true, force: true });
});

describe('servers of a program of their own', () => {
  let child: ChildProcess;
  let engines: Engines;
  let processes: ProcessRef[];

  beforeAll(async () => {
    child = holder();
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    engines = JSON.parse(line.toString());
    processes = lockedProcesses();
    await write(engines);
  });

  it('are three, each under a supervisor, on loopback only', () => {
    expect(engines.servers.map(({ name }) => name).sort()).toEqual(['kafka', 'mysql', 'registry']);
    expect(processes).toHaveLength(6);
    expect(processes.every(isRunning)).toBe(true);
    for (const { pid } of engines.servers) {
      const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        try {
          return [/^socket:\[(\d+)\]/.exec(require('node:fs').readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]];
        } catch {
          return [];
        }
      });
      const listening = ['tcp', 'tcp6'].flatMap((table) =>
        readFileSync(`/proc/net/${table}`, 'utf8')
          .split('\n')
          .map((line) => line.trim().split(/\s+/))
          .filter((fields) => fields[3] === '0A' && inodes.includes(fields[9])),
      );
      expect(listening.length).toBeGreaterThan(0);
      for (const fields of listening) expect(fields[1]).toMatch(/^(0000000000000000FFFF0000)?0100007F:/);
    }
  });

  it('are told to other programs of the same user', () => {
    const { servers, kafka, registry, mysql } = engines;
    expect(runningEngines(home)).toEqual({ servers, kafka, registry, mysql });
    expect(statSync(join(home, 'running.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'data', 'mysql', 'password')).mode & 0o777).toBe(0o600);
  });

  it('are no use to a second program, which is told whose they are', async () => {
    await expect(start()).rejects.toMatchObject({
      code: 'ENGINES_BUSY',
      kind: 'environment',
      found: expect.stringContaining(`process ${child.pid}`),
    });
    await expect(removeData(home)).rejects.toMatchObject({ code: 'ENGINES_BUSY' });
  });

  it('have an administrator with a password, and nobody without', async () => {
    expect(await sql(engines, "SELECT user, host FROM mysql.global_priv WHERE user <> 'mariadb.sys'")).toEqual([
      { user: 'root', host: '127.0.0.1' },
    ]);
    const { host, port } = engines.mysql;
    await expect(createConnection({ host, port, user: 'root' })).rejects.toMatchObject({ code: 'ER_ACCESS_DENIED_ERROR' });
  });

  it('see statements, transactions and metadata locks in performance_schema, in UTC', async () => {
    const consumers = "SELECT name FROM performance_schema.setup_consumers WHERE enabled = 'YES'";
    const instruments = "SELECT name FROM performance_schema.setup_instruments WHERE enabled = 'YES' AND timed = 'YES'";
    expect(await sql(engines, consumers)).toEqual(
      expect.arrayContaining([{ name: 'events_statements_current' }, { name: 'events_transactions_current' }]),
    );
    expect(await sql(engines, instruments)).toEqual(
      expect.arrayContaining([{ name: 'transaction' }, { name: 'wait/lock/metadata/sql/mdl' }]),
    );
    expect(
      await sql(engines, 'SELECT @@time_zone AS zone, @@max_connections AS most, @@character_set_server AS characters'),
    ).toEqual([{ zone: '+00:00', most: 500, characters: 'utf8mb4' }]);
  });

  it('stop when the program is killed; the next one waits for that and finds everything; they stop in order within 8 s', async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(runningEngines(home)).toBeNull();
    const again = start();
    await until('that the killed program leaves no process', () => !processes.some(isRunning), 10_000);
    engines = await again;
    await expectAllKept(engines);

    const now = lockedProcesses();
    const victim = engines.servers.find(({ name }) => name === 'mysql');
    process.kill(victim?.pid as number, 'SIGKILL');
    const died = await engines.whenDied;
    expect(died).toMatchObject({
      code: 'ENGINE_FAILED',
      kind: 'environment',
      found: expect.stringMatching(/^mysql ended by itself.*SIGKILL/),
    });
    expect(died.found).toContain(victim?.logFile);
    await expect(engines.untilStopped(new AbortController().signal)).rejects.toBe(died);

    const from = Date.now();
    await engines.stop();
    expect(Date.now() - from).toBeLessThan(8_000);
    expect(now.some(isRunning)).toBe(false);
    await engines.stop();
    expect(readdirSync(home).sort()).toEqual(['data', 'logs']);
  });
});

describe('a start that does not come to its end', () => {
  it('is aborted: nothing runs any more, and the home is free', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const starting = start(abort.signal);
    let processes: ProcessRef[] = [];
    const all = () => {
      processes = lockedProcesses();
      return processes.length === 4;
    };
    await until('that Kafka and MySQL run', all, 30_000);
    abort.abort(reason);
    await expect(starting).rejects.toBe(reason);
    expect(processes.some(isRunning)).toBe(false);
    expect(existsSync(join(home, 'lock.json'))).toBe(false);
  });

  it('is killed while MySQL is being installed: the next one installs it', async () => {
    await removeData(home);
    expect(readdirSync(home)).toEqual(['logs']);
    const child = holder('mysql');
    await until('that it is being installed', () => existsSync(join(home, 'data', 'mysql', 'databases.new', 'ibdata1')), 10_000);
    const killed = once(child, 'exit');
    child.kill('SIGKILL');
    await killed;
    const { mysql, stop } = await start(undefined, ['mysql']);
    expect(await sql({ mysql }, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(runningEngines(home)).toBeNull();
    await stop();
  });

  it('fails because of its data: quotes the log', async () => {
    await removeData(home);
    require('node:fs').mkdirSync(join(home, 'data', 'mysql', 'databases'), { recursive: true });
    await expect(start(undefined, ['mysql'])).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      kind: 'environment',
      found: expect.stringMatching(
        /^mysql ended while it was starting.*mysql\.log, which ends with:\n.*mysql\.\w+' doesn't exist/s,
      ),
    });
    expect(existsSync(join(home, 'lock.json'))).toBe(false);
  });
});
