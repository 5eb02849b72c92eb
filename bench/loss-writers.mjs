// The writers of the loss bench: a third each with autocommit, BEGIN and autocommit=0, and a journal of what they committed.
const UPDATES = 0.5;
const ROLLBACKS = 0.05;
const SLOW = 0.15;
const PAUSE_MS = 20;
const STYLES = ['autocommit', 'begin', 'autocommit=0'];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const insert = (connection, seconds) =>
  connection.change(
    `INSERT INTO products (name, category, price) SELECT 'written', 'cat_1', 1 + ${seconds > 0 ? `SLEEP(${seconds.toFixed(3)})` : 0}`,
  );

/** Changes or adds a row; gives its id, or undefined where there was none. A slow statement is one that waits after its timestamp is fixed. */
const write = async (connection, newest, seconds) => {
  if (Math.random() >= UPDATES) return Number((await insert(connection, seconds)).insertId);
  const id = 1 + Math.floor(Math.random() * newest.id);
  const { changedRows } = await connection.change('UPDATE products SET price = price + 0.01 WHERE id = ?', [id]);
  return changedRows === 1 ? id : undefined;
};

const once = async (connection, style, newest, slowMs) => {
  const slow = Math.random() < SLOW ? Math.random() * slowMs : 0;
  if (style === 'begin') await connection.query('BEGIN');
  const id = await write(connection, newest, style === 'autocommit' ? slow / 1000 : 0);
  const [row] = id === undefined ? [] : await connection.query('SELECT last_updated FROM products WHERE id = ?', [id]);
  if (style !== 'autocommit') {
    await sleep(slow);
    if (Math.random() < ROLLBACKS) {
      await connection.query('ROLLBACK');
      return undefined;
    }
    await connection.query('COMMIT');
  }
  if (row === undefined) return undefined;
  newest.id = Math.max(newest.id, id);
  return `${id}@${row.last_updated}`;
};

const writer = async (connection, style, newest, journal, { until, slowMs }) => {
  if (style === 'autocommit=0') await connection.query('SET autocommit = 0');
  while (Date.now() < until) {
    try {
      const version = await once(connection, style, newest, slowMs);
      if (version !== undefined) journal.add(version);
    } catch {
      // A deadlock or a lock wait that timed out.
      await connection.query('ROLLBACK');
    }
    await sleep(Math.random() * PAUSE_MS);
  }
  await connection.close();
};

/** Runs the writers; gives every version that they committed, as `id@timestamp`. */
export const writeFor = async ({ connect, writers, forMs, slowMs }) => {
  const journal = new Set();
  const newest = { id: 50 };
  const connections = await Promise.all(Array.from({ length: writers }, connect));
  const until = Date.now() + forMs;
  await Promise.all(connections.map((one, n) => writer(one, STYLES[n % STYLES.length], newest, journal, { until, slowMs })));
  return journal;
};
