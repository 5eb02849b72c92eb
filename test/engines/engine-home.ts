import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { delayOrAbort } from '../../src/core/delay.js';
import { type EngineAddresses, type EngineName, type Engines, startEngines } from '../../src/engines/index.js';
import { isRunning, type ProcessRef } from '../../src/engines/process-identity.js';

const DOWNLOADS = join(__dirname, '../../.rowbridge/dist');
const HOLDER = join(__dirname, 'hold-servers.mjs');

export const until = async (what: string, found: () => boolean, withinMs = 30_000): Promise<void> => {
  const deadline = Date.now() + withinMs;
  while (!found()) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await delayOrAbort(20, new AbortController().signal);
  }
};

export type EngineHome = Readonly<{
  folder: string;
  /** Starts servers in this process. */
  start<N extends EngineName = EngineName>(signal?: AbortSignal, only?: readonly N[]): Promise<Engines<N>>;
  /** A program of its own that runs servers; its first line of output tells where they are. */
  holder(...only: EngineName[]): ChildProcess;
  /** What the lock says: servers and their supervisors. */
  processes(): ProcessRef[];
  close(): Promise<void>;
}>;

/** A home whose servers are gone when it is closed, whatever a test did. */
export const engineHome = (): EngineHome => {
  const folder = mkdtempSync(join(tmpdir(), 'rowbridge whole-'));
  const holders: ChildProcess[] = [];
  const processes = (): ProcessRef[] => {
    try {
      return JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8')).processes;
    } catch {
      return [];
    }
  };
  return {
    folder,
    processes,
    start: (signal = new AbortController().signal, only = undefined) =>
      startEngines({
        home: folder,
        downloads: DOWNLOADS,
        env: process.env,
        onProgress: () => {},
        signal,
        ...(only ? { only } : {}),
      }),
    holder(...only) {
      const child = spawn(process.execPath, [HOLDER, folder, DOWNLOADS, ...only], { stdio: ['ignore', 'pipe', 'inherit'] });
      holders.push(child);
      return child;
    },
    async close() {
      for (const child of holders) child.kill('SIGKILL');
      await until('that all servers stop', () => !processes().some(isRunning), 15_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export const sql = async ({ mysql }: Pick<EngineAddresses, 'mysql'>, ...statements: string[]): Promise<unknown> => {
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
