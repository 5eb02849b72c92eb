// One MySQL for the loss bench: embedded, or the official image.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openConnection } from '../dist/adapters/mysql/connect.js';
import { startEngines } from '../dist/engines/index.js';

const embedded = async (say) => {
  const directory = mkdtempSync(join(tmpdir(), 'rowbridge-bench-'));
  const { mysql, stop } = await startEngines({
    home: join(directory, 'home'),
    downloads: join(process.cwd(), '.rowbridge', 'dist'),
    env: process.env,
    signal: new AbortController().signal,
    onProgress: say,
    only: ['mysql'],
  });
  const stopAndClear = async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { mysql, stop: stopAndClear };
};

const docker = async () => {
  const { GenericContainer, Wait } = await import('testcontainers');
  const adminPassword = randomBytes(12).toString('hex');
  const container = await new GenericContainer('mysql:9.7')
    .withEnvironment({ MYSQL_ROOT_PASSWORD: adminPassword })
    .withExposedPorts(3306)
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(180_000)
    .start();
  const mysql = { host: container.getHost(), port: container.getMappedPort(3306), adminUser: 'root', adminPassword };
  return { mysql, stop: () => container.stop() };
};

export const SERVERS = { embedded, docker };

/** Starts it; `version` is its own name and number. */
export const startServer = async (kind, say) => {
  const { mysql, stop } = await SERVERS[kind](say);
  const version = async () => {
    const { host, port, adminUser: user, adminPassword: password } = mysql;
    const connection = await openConnection({ host, port, user, password }, { role: 'bench' });
    const [row] = await connection.query('SELECT VERSION() v');
    await connection.close();
    return /mariadb/i.test(row.v) ? row.v : `MySQL ${row.v}`;
  };
  return { mysql, version, stop };
};
