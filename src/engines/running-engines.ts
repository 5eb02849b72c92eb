import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeOwnFile } from './own-files.js';
import { isRunning, type ProcessRef, refOf } from './process-identity.js';

export type EngineAddresses = Readonly<{
  kafka: Readonly<{ brokers: readonly string[]; clusterId: string }>;
  registry: Readonly<{ url: string }>;
  mysql: Readonly<{ host: string; port: number; adminUser: string; adminPassword: string }>;
}>;

export type EngineName = keyof EngineAddresses;

/** A server as people want to see it. */
export type ServerFacts = Readonly<{ name: string; pid: number; port: number; logFile: string }>;

export type RunningEngines = EngineAddresses & Readonly<{ servers: readonly ServerFacts[] }>;

const runningFile = (home: string): string => join(home, 'running.json');

/** Tells other programs of this machine's user where the servers are; the password with it. */
export const writeRunning = (home: string, engines: RunningEngines): void =>
  writeOwnFile(runningFile(home), `${JSON.stringify({ holder: refOf(process.pid), engines }, null, 2)}\n`);

export const removeRunning = (home: string): void => rmSync(runningFile(home), { force: true });

/** The servers that a program runs in the folder now; null when none does, whatever a killed one left behind. */
export const runningEngines = (home: string): RunningEngines | null => {
  try {
    const { holder, engines } = JSON.parse(readFileSync(runningFile(home), 'utf8')) as {
      holder: ProcessRef;
      engines: RunningEngines;
    };
    return isRunning(holder) ? engines : null;
  } catch {
    return null;
  }
};
