import { randomUUID } from 'node:crypto';
import { errnoOf } from '../../adapters/mysql/errors.js';
import { BridgeError, messageOf } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import { pace } from '../../core/pace.js';
import { keepTrying } from '../../core/patience.js';
import { seededRandom } from '../../core/random.js';
import type { SqlConnection as Connection } from '../../core/sql.js';
import { applyChange, type RowIds } from './apply-change.js';
import { type Change, productChanges } from './changes.js';
import type { SeedRow } from './seed-rows.js';

/** What the updater has done so far: seed rows inserted, changes committed, and rows that are different for these changes. */
export type UpdaterProgress = Readonly<{ seeded: number; changed: number; rows: number }>;

export type UpdaterParams = Readonly<{
  /** Opens a connection as an account that may write to `products`. */
  connect(): Promise<Connection>;
  seedRows: readonly SeedRow[];
  /** Changes a second, seed rows included; 0 for as fast as it can. */
  rate?: number;
  /** How many changes follow the seed rows; undefined for no end. A transaction over many rows is one change. */
  count?: number;
  /** The same seed gives the same changes in the same order. */
  seed?: number | string;
  /** Only the seed rows. */
  once?: boolean;
  signal: AbortSignal;
  log: Log;
  /** How long a server that is away is waited for; undefined for ever. */
  forMs?: number;
  onProgress?(progress: UpdaterProgress): void;
}>;

export const DEFAULT_RATE = 5;
const DUPLICATE_KEY = 1062;

const checkNumber = (name: string, value: number | undefined, whole: boolean): void => {
  if (value === undefined || (value >= 0 && Number.isFinite(value) && (!whole || Number.isSafeInteger(value)))) return;
  const found = `The updater's ${name} is ${value}.`;
  throw new BridgeError({
    code: 'UPDATER_OPTION_INVALID',
    kind: 'configuration',
    found,
    fix: `Give a ${whole ? 'whole ' : ''}number from 0 up.`,
  });
};

/** Inserts a row unless its key is taken; a row that is there is not touched. */
const insertUnlessThere = async ({ change }: Connection, { id, name, category, price }: SeedRow): Promise<boolean> => {
  try {
    await change('INSERT INTO products (id, name, category, price) VALUES (?, ?, ?, ?)', [id, name, category, price]);
    return true;
  } catch (error) {
    if (errnoOf(error) === DUPLICATE_KEY && messageOf(error).includes("PRIMARY'")) return false;
    throw error;
  }
};

const missingRows = async ({ query }: Connection, seedRows: readonly SeedRow[]): Promise<readonly SeedRow[]> => {
  if (seedRows.length === 0) return [];
  const found = await query<{ id: number }>('SELECT id FROM products WHERE id IN (?)', [seedRows.map(({ id }) => id)]);
  const there = new Set(found.map(({ id }) => Number(id)));
  return seedRows.filter(({ id }) => !there.has(id));
};

/** The work itself: goes on, over one connection after the other, where the last one was lost. */
const work = (
  { seedRows, count = Number.POSITIVE_INFINITY, once = false, rate = DEFAULT_RATE, signal, onProgress }: UpdaterParams,
  seed: number | string,
) => {
  let progress: UpdaterProgress = { seeded: 0, changed: 0, rows: 0 };
  let pending: Change | undefined;
  const changes = productChanges(seedRows, seededRandom(seed));
  const ids: RowIds = new Map(seedRows.map(({ id }, number) => [number, String(id)]));
  const turn = pace(rate, signal);
  const done = (step: Partial<UpdaterProgress>) => {
    progress = { ...progress, ...step };
    onProgress?.(progress);
  };
  const insertSeedRows = async (connection: Connection): Promise<void> => {
    for (const row of await missingRows(connection, seedRows)) {
      if (!(await turn())) return;
      if (await insertUnlessThere(connection, row)) done({ seeded: progress.seeded + 1 });
    }
  };
  const mutate = async (connection: Connection): Promise<void> => {
    while (progress.changed < count && (await turn())) {
      pending ??= changes.next().value;
      const rows = await applyChange(connection, ids, pending);
      pending = undefined;
      done({ changed: progress.changed + 1, rows: progress.rows + rows });
    }
  };
  return {
    progress: () => progress,
    async over(connection: Connection): Promise<void> {
      await insertSeedRows(connection);
      if (!once) await mutate(connection);
    },
  };
};

/**
 * Changes products as a shop would: first the seed rows that are missing, then prices, categories and new rows, until `count` or the signal.
 * Waits for a server that is away and goes on. A change whose commit was cut off may be made twice: then a new row is there twice.
 * @throws BridgeError `configuration` when an option, the table or a right is wrong, `environment` when the server stays away beyond `forMs`
 */
export const updateProducts = async (params: UpdaterParams): Promise<UpdaterProgress> => {
  const { connect, rate = DEFAULT_RATE, count, seed = randomUUID(), signal, log, forMs } = params;
  checkNumber('rate', rate, false);
  checkNumber('count', count, true);
  const job = work(params, seed);
  const overConnection = async (): Promise<void> => {
    const connection = await connect();
    log.info({ server: connection.where, rate, seed, ...job.progress() }, 'updating products');
    try {
      await job.over(connection);
    } finally {
      await connection.close();
    }
  };
  await keepTrying(overConnection, { log, signal, ...(forMs === undefined ? {} : { forMs }) });
  return job.progress();
};
