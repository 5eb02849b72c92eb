import { join, resolve } from 'node:path';
import type { BridgeError } from '../core/errors.js';
import { findJava } from './find-java.js';
import { lockHome } from './home-lock.js';
import { type EngineAddresses, type EngineName, removeRunning, type ServerFacts, writeRunning } from './running-engines.js';
import { serverGroup } from './server-group.js';
import { type EngineOptions, startAll, wants } from './start-all.js';

export { removeData } from './remove-data.js';
export {
  type EngineAddresses,
  type EngineName,
  type RunningEngines,
  runningEngines,
  type ServerFacts,
} from './running-engines.js';
export type { EngineOptions } from './start-all.js';

export type Engines<N extends EngineName = EngineName> = Pick<EngineAddresses, N> &
  Readonly<{
    servers: readonly ServerFacts[];
    /** Resolves when a server ends that was not asked to. */
    whenDied: Promise<BridgeError>;
    /**
     * Waits for the signal.
     * @throws BridgeError when a server ends before it.
     */
    untilStopped(signal: AbortSignal): Promise<void>;
    /** Resolves when none of them runs any more, within 8 s. */
    stop(): Promise<void>;
  }>;

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((done) => {
    if (signal.aborted) return done(undefined);
    signal.addEventListener('abort', () => done(undefined), { once: true });
  });

/**
 * Starts real servers as child processes: Kafka and MySQL at once, the registry after Kafka. They stop with this program, however it ends.
 * When this throws, nothing of it runs any more.
 * @throws BridgeError `environment`; the signal's reason when it was aborted.
 */
export const startEngines = async <N extends EngineName = EngineName>(options: EngineOptions<N>): Promise<Engines<N>> => {
  const { only, env, signal } = options;
  // Servers run in folders of their own: a relative path would mean another place to them.
  const home = resolve(options.home);
  const downloads = resolve(options.downloads ?? join(home, 'dist'));
  const java = wants(only, 'kafka') || wants(only, 'registry') ? await findJava(env) : undefined;
  const lock = await lockHome(home, signal);
  const group = serverGroup();
  let stopping: Promise<void> | undefined;
  const stopOnce = async (): Promise<void> => {
    removeRunning(home);
    await group.stop();
    lock.release();
  };
  const stop = (): Promise<void> => {
    stopping ??= stopOnce();
    return stopping;
  };
  try {
    const addresses = await startAll({ ...options, home, downloads }, java, group, lock);
    const servers = group.facts();
    const { whenDied } = group;
    const untilStopped = async (stopSignal: AbortSignal): Promise<void> => {
      const error = await Promise.race([whenDied, aborted(stopSignal)]);
      if (error !== undefined) throw error;
    };
    const { kafka, registry, mysql } = addresses;
    if (kafka && registry && mysql) writeRunning(home, { kafka, registry, mysql, servers });
    // The addresses hold what `only` asked for, which the compiler cannot see.
    return { ...(addresses as Pick<EngineAddresses, N>), servers, whenDied, untilStopped, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
