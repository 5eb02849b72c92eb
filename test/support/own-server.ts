import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engines, startEngines } from '../../src/engines/index.js';
import type { TestServers } from './servers.js';

export type Address = TestServers['mysql'];

/** A MySQL of one test file alone, of the kind that the run uses: it can be restarted, and its clock moved. */
export type OwnServer = Readonly<{
  address(): Address;
  /** Stops it in an orderly way and starts it again on the same data; its port may be another. */
  restart(): Promise<void>;
  /** Moves its clock by milliseconds from the true time, for all sessions at once. Only where `clockMoves`. */
  moveClock(byMs: number): void;
  /** Whether this machine has a C compiler, with which the library is made that moves a server's clock. */
  clockMoves: boolean;
  close(): Promise<void>;
}>;

const ROOT = join(__dirname, '..', '..');
const LIBRARY = 'clock.so';
const OFFSET = 'moved-by';

const compiled = (folder: string): boolean => {
  try {
    const source = join(__dirname, 'moved-clock', 'clock.c');
    execFileSync('cc', ['-shared', '-fPIC', '-o', join(folder, LIBRARY), source, '-ldl'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const preloading = (folder: string, clockMoves: boolean): Record<string, string> =>
  clockMoves ? { LD_PRELOAD: join(folder, LIBRARY), MOVED_CLOCK_FILE: join(folder, OFFSET) } : {};

const embedded = async (folder: string, clockMoves: boolean) => {
  const start = (): Promise<Engines<'mysql'>> =>
    startEngines({
      home: join(folder, 'home'),
      downloads: join(ROOT, '.rowbridge', 'dist'),
      env: { ...process.env, ...preloading(folder, clockMoves) },
      onProgress: () => {},
      signal: new AbortController().signal,
      only: ['mysql'],
    });
  let engines = await start();
  return {
    address: (): Address => engines.mysql,
    async restart() {
      await engines.stop();
      engines = await start();
    },
    close: () => engines.stop(),
  };
};

const docker = async (folder: string, clockMoves: boolean) => {
  const { GenericContainer, Wait } = await import('testcontainers');
  const adminPassword = randomBytes(12).toString('hex');
  const container = await new GenericContainer('mysql:9.7')
    .withEnvironment({ MYSQL_ROOT_PASSWORD: adminPassword, ...preloading('/moved-clock', clockMoves) })
    .withBindMounts([{ source: folder, target: '/moved-clock', mode: 'ro' }])
    .withExposedPorts(3306)
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(180_000)
    .start();
  return {
    address: (): Address => ({
      host: container.getHost(),
      port: container.getMappedPort(3306),
      adminUser: 'root',
      adminPassword,
    }),
    restart: () => container.restart({ timeout: 20_000 }),
    close: async () => void (await container.stop()),
  };
};

export const ownServer = async (): Promise<OwnServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'rowbridge-own-server-'));
  // The server in a container is another user.
  chmodSync(folder, 0o755);
  const moveClock = (byMs: number): void => writeFileSync(join(folder, OFFSET), String(Math.round(byMs * 1000)));
  const clockMoves = compiled(folder);
  moveClock(0);
  const server = await (process.env.ROWBRIDGE_TEST_SERVERS === 'docker' ? docker : embedded)(folder, clockMoves);
  return {
    ...server,
    moveClock,
    clockMoves,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
