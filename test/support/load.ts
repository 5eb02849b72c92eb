import { type Connection, openConnection } from '../../src/adapters/mysql/connect.js';
import { delayOrAbort } from '../../src/core/delay.js';
import { eventually } from './program.js';
import type { World } from './world.js';
import { seeded } from './writers.js';

/** What became of a write. `unknown`: the connection broke before the server said whether it was committed. */
export type Fate = 'open' | 'committed' | 'rolled back' | 'unknown';

export type LoadOptions = Readonly<{
  seed?: number;
  writers?: number;
  /** Pause of a writer between two writes. */
  everyMs?: number;
  /** One write in so many is a transaction that stays open for up to `slowMs`; one of those in five is rolled back. */
  slowOneIn?: number;
  slowMs?: number;
}>;

/** Writers at work, and the journal of what they did. */
export type Load = Readonly<{
  /** Writes that were committed so far. */
  committed(): number;
  /** Waits until so many more are: a test that needs a quantity waits for it, however slow the machine is. */
  more(count: number, withinMs?: number): Promise<void>;
  fates(): ReadonlyMap<string, Fate>;
  /** False for a name that was never committed: one that travelled all the same is a phantom. */
  mayTravel(name: string): boolean;
  /** Resolves when no transaction is open any more. */
  stop(): Promise<number>;
}>;

const ROWS = 40;

type Parts = Readonly<{ connect(): Promise<Connection>; random: () => number; signal: AbortSignal; fates: Map<string, Fate> }>;

const statement = (random: () => number, name: string): readonly [string, readonly unknown[]] => {
  const price = (1 + Math.floor(random() * 90_000) / 100).toFixed(2);
  const category = `cat_${1 + Math.floor(random() * 5)}`;
  return random() < 0.4
    ? ['INSERT INTO products (name, category, price) VALUES (?, ?, ?)', [name, category, price]]
    : ['UPDATE products SET name = ?, price = ? WHERE id = ?', [name, price, 1 + Math.floor(random() * ROWS)]];
};

const slowly = async (connection: Connection, { random, signal, fates }: Parts, name: string, slowMs: number): Promise<void> => {
  await connection.query('BEGIN');
  await connection.change(...statement(random, name));
  await delayOrAbort(random() * slowMs, signal);
  if (random() < 0.2) {
    await connection.query('ROLLBACK');
    fates.set(name, 'rolled back');
    return;
  }
  fates.set(name, 'unknown');
  await connection.query('COMMIT');
  fates.set(name, 'committed');
};

const atOnce = async (connection: Connection, { random, fates }: Parts, name: string): Promise<void> => {
  fates.set(name, 'unknown');
  await connection.change(...statement(random, name));
  fates.set(name, 'committed');
};

/** Writes until the signal aborts, over one connection after the other where the server comes and goes. */
const writer = async (parts: Parts, number: number, options: Required<LoadOptions>): Promise<void> => {
  const { connect, random, signal, fates } = parts;
  let connection: Connection | undefined;
  for (let written = 0; !signal.aborted; written++) {
    const name = `load ${options.seed} ${number} ${written}`;
    try {
      connection ??= await connect();
      fates.set(name, 'open');
      if (random() < 1 / options.slowOneIn) await slowly(connection, parts, name, options.slowMs);
      else await atOnce(connection, parts, name);
    } catch {
      // A deadlock, a lock wait, or a server that went away. What was not about to be committed never will be.
      if (fates.get(name) === 'open') fates.set(name, 'rolled back');
      await connection?.close().catch(() => {});
      connection = undefined;
      await delayOrAbort(200, signal);
    }
    await delayOrAbort(options.everyMs, signal);
  }
  await connection?.close().catch(() => {});
};

/** Inserts, updates and slow transactions on the products of a world, past every proxy, each under a name of its own. */
export const startLoad = (world: Pick<World, 'account'>, options: LoadOptions = {}): Load => {
  const all = { seed: 1, writers: 3, everyMs: 10, slowOneIn: 12, slowMs: 600, ...options };
  const stop = new AbortController();
  const fates = new Map<string, Fate>();
  const running = Array.from({ length: all.writers }, (_, number) =>
    writer(
      {
        connect: () => openConnection(world.account, { role: 'load' }),
        random: seeded(all.seed * 100 + number),
        signal: stop.signal,
        fates,
      },
      number,
      all,
    ),
  );
  const committed = (): number => [...fates.values()].filter((fate) => fate === 'committed').length;
  return {
    committed,
    async more(count, withinMs = 120_000) {
      const wanted = committed() + count;
      await eventually(`${count} more commits`, withinMs, () => (committed() >= wanted ? true : undefined));
    },
    fates: () => fates,
    mayTravel: (name) => !name.startsWith('load ') || ['committed', 'unknown'].includes(fates.get(name) ?? ''),
    async stop() {
      stop.abort();
      await Promise.all(running);
      return committed();
    },
  };
};
