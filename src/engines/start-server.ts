import { closeSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { delayOrAbort } from '../core/delay.js';
import { BridgeError } from '../core/errors.js';
import type { Environment } from './environment.js';
import { freePorts } from './free-ports.js';
import { logTail } from './log-tail.js';
import type { ProcessRef } from './process-identity.js';
import { type Supervised, supervise } from './supervise.js';

const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 50;
const ATTEMPTS = 3;
const PORT_TAKEN_LINES = 200;
const PORT_TAKEN = /address already in use|EADDRINUSE|BindException|in use by another|Bind on TCP/i;

/** What the start of any server is given. */
export type ServerContext = Readonly<{
  /** A folder for this server's data alone. */
  dataFolder: string;
  logFolder: string;
  env: Environment;
  signal: AbortSignal;
  /** Called as soon as a process runs, so that it can be found again whatever happens. */
  onProcess(process: ProcessRef): void;
}>;

/** How a server is to be run on the ports it got. */
export type Launch = Readonly<{
  command: string;
  args: readonly string[];
  /** True once the server does its work; gives up by itself after a few seconds. */
  isReady(): Promise<boolean>;
}>;

export type ServerPlan = Readonly<{
  name: string;
  ports: number;
  /** These instead of free ones: a server that comes again has to be found where it was. */
  onPorts?: readonly number[];
  graceMs: number;
  launch(ports: readonly number[]): Launch;
}>;

export type Server = Readonly<{
  name: string;
  ports: readonly number[];
  logFile: string;
  process: Supervised;
  failure(what: string): BridgeError;
}>;

/** Whether a server's log says that another program has its port. */
export const saysPortTaken = (log: string): boolean => PORT_TAKEN.test(log);

const logFileOf = ({ name }: ServerPlan, { logFolder }: ServerContext): string => join(logFolder, `${name}.log`);

/** Runs the command with its output in a new log; the log of the time before is kept beside it. */
const runLogged = async (
  plan: ServerPlan,
  { command, args }: Launch,
  context: ServerContext,
  logFile: string,
): Promise<Supervised> => {
  mkdirSync(context.logFolder, { recursive: true });
  try {
    renameSync(logFile, logFile.replace(/\.log$/, '.previous.log'));
  } catch {
    // There was none.
  }
  const outputTo = openSync(logFile, 'w', 0o600);
  try {
    const { dataFolder: cwd, env, onProcess } = context;
    return await supervise({ command, args, cwd, env, graceMs: plan.graceMs, outputTo, onProcess });
  } finally {
    closeSync(outputTo);
  }
};

const failureOf = (name: string, logFile: string, what: string): BridgeError => {
  const tail = logTail(logFile);
  const found = `${name} ${what}. Its log is ${logFile}${tail === '' ? ', which is empty.' : `, which ends with:\n${tail}\n`}`;
  return new BridgeError({
    code: 'ENGINE_FAILED',
    kind: 'environment',
    found,
    fix: 'Put right what the log says, or use Docker: docker compose up.',
  });
};

const awaitReady = async ({ process, failure }: Server, launch: Launch, signal: AbortSignal): Promise<void> => {
  let ended: string | undefined;
  void process.ended.then((how) => {
    ended = how;
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  // Even if it seems ready: on the port of one that has ended, another program may answer.
  while (!(await launch.isReady()) || ended !== undefined) {
    signal.throwIfAborted();
    if (ended !== undefined) throw failure(`ended while it was starting (${ended})`);
    if (Date.now() > deadline) throw failure(`was not ready within ${READY_WITHIN_MS / 1000} s`);
    await delayOrAbort(LOOK_EVERY_MS, signal);
  }
  signal.throwIfAborted();
};

const startOnce = async (plan: ServerPlan, context: ServerContext): Promise<Server> => {
  const { name } = plan;
  const ports = plan.onPorts ?? (await freePorts(plan.ports));
  const launch = plan.launch(ports);
  const logFile = logFileOf(plan, context);
  const process = await runLogged(plan, launch, context, logFile);
  const server = { name, ports, logFile, process, failure: (what: string) => failureOf(name, logFile, what) };
  try {
    await awaitReady(server, launch, context.signal);
    return server;
  } catch (error) {
    await process.stop();
    throw error;
  }
};

/**
 * Starts a server on free ports, or on those given, and waits until it is ready; tries again where another program took a port first.
 * Nothing of it runs any more when this throws.
 * @throws BridgeError `environment` with the end of the server's log; the signal's reason when it was aborted.
 */
export const startServer = async (plan: ServerPlan, context: ServerContext): Promise<Server> => {
  for (let attempt = 1; ; attempt += 1) {
    context.signal.throwIfAborted();
    try {
      return await startOnce(plan, context);
    } catch (error) {
      const portTaken = error instanceof BridgeError && saysPortTaken(logTail(logFileOf(plan, context), PORT_TAKEN_LINES));
      if (!portTaken || attempt === ATTEMPTS) throw error;
    }
  }
};
