import { setMaxListeners } from 'node:events';
import type { Connection } from '../../src/adapters/mysql/connect.js';
import { delayOrAbort } from '../../src/core/delay.js';

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

export type WritersOptions = Readonly<{
  connect(): Promise<Connection>;
  writers: number;
  forMs: number;
  /** They go on beyond that time, up to four times as long, until they have written so much together. */
  atLeast: number;
  seed: number;
  /** The habits of the writers, in turn; all of them if not given. */
  styles?: readonly Style[];
}>;

/** A procedure whose statements nest, so that performance_schema leaves it out of its answers now and then. */
export const PROCEDURES = [
  `CREATE PROCEDURE inner_change(IN wanted INT) BEGIN UPDATE products SET price = price + 0.01 WHERE id = wanted; END`,
  `CREATE PROCEDURE outer_change(IN wanted INT) BEGIN DECLARE n INT DEFAULT 0;
     WHILE n < 20 DO SET n = n + 1; END WHILE; CALL inner_change(wanted); DO SLEEP(0.002); END`,
];

export type Style = 'autocommit' | 'begin' | 'autocommit0' | 'procedure';

const insert = (connection: Connection, number: number) =>
  connection.change('INSERT INTO products (name, category, price) VALUES (?, ?, ?)', [`stress ${number}`, 'cat_1', '1.00']);

const write = async (connection: Connection, style: Style, number: number, random: () => number): Promise<void> => {
  const wanted = 1 + Math.floor(random() * 50);
  if (style === 'procedure') await connection.query('CALL outer_change(?)', [wanted]);
  else if (random() < 0.5) await connection.change('UPDATE products SET price = price + 0.01 WHERE id = ?', [wanted]);
  else await insert(connection, number);
};

const writer = async (
  connection: Connection,
  style: Style,
  random: () => number,
  signal: AbortSignal,
  onWritten: () => void,
): Promise<void> => {
  if (style === 'autocommit0') await connection.query('SET autocommit = 0');
  for (let number = 0; !signal.aborted; ) {
    try {
      if (style === 'begin') await connection.query('BEGIN');
      await write(connection, style, number, random);
      const slow = random() < 0.15;
      if (style !== 'autocommit' && style !== 'procedure') {
        await delayOrAbort(slow ? random() * 400 : random() * 5, signal);
        await connection.query(random() < 0.05 ? 'ROLLBACK' : 'COMMIT');
      }
      number++;
      onWritten();
    } catch {
      // A deadlock or a lock wait that timed out: rolled back, and on with the next.
      await connection.query('ROLLBACK');
    }
    await delayOrAbort(random() * 4, signal);
  }
};

const STYLES: readonly Style[] = ['autocommit', 'begin', 'autocommit0', 'procedure'];

/** Writers of every habit at once: inserts and updates, slow transactions, rollbacks, procedures. Throws when they could not write enough. */
export const runWriters = async ({ connect, writers, forMs, atLeast, seed, styles = STYLES }: WritersOptions): Promise<void> => {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const connections = await Promise.all(Array.from({ length: writers }, connect));
  const until = performance.now() + forMs;
  let written = 0;
  const onWritten = (): void => {
    written++;
    if (written >= atLeast && performance.now() >= until) stop.abort();
  };
  const tooLong = setTimeout(() => stop.abort(), 4 * forMs);
  try {
    await Promise.all(
      connections.map((connection, index) =>
        writer(connection, styles[index % styles.length] as Style, seeded(seed + index), stop.signal, onWritten),
      ),
    );
    if (written < atLeast) throw new Error(`${written} writes in ${4 * forMs} ms, of ${atLeast} that were wanted`);
  } finally {
    clearTimeout(tooLong);
    await Promise.all(connections.map((connection) => connection.close()));
  }
};
