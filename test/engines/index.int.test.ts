import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { createConnection } from 'mysql2/promise';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { lockHome } from '../../src/engines/home-lock.js';
import { type EngineAddresses, type Engines, removeData, runningEngines } from '../../src/engines/index.js';
import { isRunning, type ProcessRef } from '../../src/engines/process-identity.js';
import { engineHome, sql, until } from './engine-home.js';

const TOPIC = 'kept';
const home = engineHome();

afterAll(() => home.close());

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

/** The addresses that a process listens on, as /proc writes them. */
const listeningAddresses = (pid: number): string[] => {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n'));
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && links.includes(`socket:[${inode}]`))
    .map(([, address]) => address as string);
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
  const reader = kafkaReader(clientOf(engines));
  const [starts, ends] = [await reader.startOffsets(TOPIC), await reader.endOffsets(TOPIC)];
  await reader.close();
  expect([starts.get(1), ends.get(1)]).toEqual([0n, 1n]);
  expect(await schemasOf(engines)).toEqual(['kept']);
};

describe('servers of a program of their own', () => {
  let child: ChildProcess;
  let engines: Engines;
  let processes: ProcessRef[];

  beforeAll(async () => {
    child = home.holder();
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    engines = JSON.parse(line.toString());
    processes = home.processes().filter(isRunning);
    await write(engines);
  });

  it('are three, each under a supervisor, on loopback only', () => {
    expect(engines.servers.map(({ name }) => name).sort()).toEqual(['kafka', 'mysql', 'registry']);
    expect(processes).toHaveLength(6);
    expect(processes.every(isRunning)).toBe(true);
    for (const { pid } of engines.servers) {
      const addresses = listeningAddresses(pid);
      expect(addresses.length).toBeGreaterThan(0);
      for (const address of addresses) expect(address).toMatch(/^(0000000000000000FFFF0000)?0100007F:/);
    }
  });

  it('are told to other programs of the same user', () => {
    const { servers, kafka, registry, mysql } = engines;
    expect(runningEngines(home.folder)).toEqual({ servers, kafka, registry, mysql });
    expect(statSync(join(home.folder, 'running.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(home.folder, 'data', 'mysql', 'password')).mode & 0o777).toBe(0o600);
  });

  it('are no use to a second program, which is told whose they are', async () => {
    await expect(home.start()).rejects.toMatchObject({
      code: 'ENGINES_BUSY',
      kind: 'environment',
      found: expect.stringContaining(`process ${child.pid}`),
    });
    await expect(removeData(home.folder)).rejects.toMatchObject({ code: 'ENGINES_BUSY' });
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
    expect(runningEngines(home.folder)).toBeNull();
    const again = home.start();
    await until('that the killed program leaves no process', () => !processes.some(isRunning), 10_000);
    engines = await again;
    await expectAllKept(engines);

    const now = home.processes();
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
    expect(readdirSync(home.folder).sort()).toEqual(['data', 'logs']);
    const lock = await lockHome(home.folder, new AbortController().signal);
    await engines.stop();
    expect(existsSync(join(home.folder, 'lock.json'))).toBe(true);
    lock.release();
  });
});
