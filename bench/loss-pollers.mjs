// The pollers of the loss bench. Each notes every version it reads, and how old it was.
import { join } from 'node:path';
import { pollingCapture } from '../dist/captures/polling/index.js';

const PAGE = 5_000;
const BEGINNING = '1970-01-01 00:00:00';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const notes = () => {
  const versions = new Set();
  const ages = [];
  const note = ({ id, last_updated }) => {
    const version = `${id}@${last_updated}`;
    if (versions.has(version)) return;
    versions.add(version);
    const stamp = Date.parse(`${last_updated.replace(' ', 'T').slice(0, 23)}Z`);
    ages.push({ stamp, age: Date.now() - stamp });
  };
  return { versions, ages, note };
};

/** What most people write first. */
const later = ({ query }) => {
  let last = BEGINNING;
  return async () => {
    const rows = await query('SELECT * FROM products WHERE last_updated > ? ORDER BY last_updated', [last]);
    last = rows.at(-1)?.last_updated ?? last;
    return rows;
  };
};

/** What they write when rows with equal timestamps went missing. */
const keyset = ({ query }) => {
  let [last, id] = [BEGINNING, 0];
  return async () => {
    const rows = await query(
      `SELECT * FROM products WHERE last_updated > ? OR (last_updated = ? AND id > ?) ORDER BY last_updated, id LIMIT ${PAGE}`,
      [last, last, id],
    );
    if (rows.length > 0) [last, id] = [rows.at(-1).last_updated, Number(rows.at(-1).id)];
    return rows;
  };
};

/**
 * Mode `timestamp+incrementing` of Kafka Connect's JDBC source: the statement and the order of its parameters as in confluentinc/kafka-connect-jdbc,
 * source/TimestampIncrementingCriteria.java; the end is `SELECT CURRENT_TIMESTAMP` (whole seconds on MySQL, GenericDatabaseDialect.java)
 * less `timestamp.delay.interval.ms`, whose default is 0. https://docs.confluent.io/kafka-connectors/jdbc/current/source-connector/source_config_options.html
 */
const jdbcSource =
  (delayMs) =>
  ({ query }) => {
    let [last, id] = [BEGINNING, -1];
    return async () => {
      const [{ end }] = await query('SELECT CAST(CURRENT_TIMESTAMP - INTERVAL ? MICROSECOND AS CHAR) end', [delayMs * 1000]);
      const rows = await query(
        `SELECT * FROM products WHERE last_updated < ? AND ((last_updated = ? AND id > ?) OR last_updated > ?)
       ORDER BY last_updated, id ASC`,
        [end, last, id, last],
      );
      if (rows.length > 0) [last, id] = [rows.at(-1).last_updated, Number(rows.at(-1).id)];
      return rows;
    };
  };

const OTHERS = {
  '`ts > last`': later,
  'keyset `(ts, id)` without a bound': keyset,
  'JDBC source, `timestamp+incrementing`, delay 0 (default)': jdbcSource(0),
  'JDBC source, `timestamp+incrementing`, delay 1 s': jdbcSource(1_000),
  'JDBC source, `timestamp+incrementing`, delay 5 s': jdbcSource(5_000),
};

const ours = async ({ capture, database, root, everyMs, log, signal, onGuarantee }) => {
  const { versions, ages, note } = notes();
  const source = pollingCapture({
    name: 'products',
    connect: capture,
    database,
    table: 'products',
    cursor: 'last_updated',
    key: 'id',
    schemaFile: join(root, 'schemas', 'product_updates-value.avsc'),
    everyMs,
    pageRows: PAGE,
    delayMs: 5_000,
    log,
    onGuarantee,
  });
  for await (const { values } of source.read({ after: null, signal })) values.forEach(note);
  return { versions, ages };
};

const other = async (make, { capture, everyMs, signal }) => {
  const connection = await capture();
  const { versions, ages, note } = notes();
  const poll = make(connection);
  while (!signal.aborted) {
    (await poll()).forEach(note);
    await sleep(everyMs);
  }
  await connection.close();
  return { versions, ages };
};

/** All of them, ours first, running until the signal aborts. */
export const pollers = (world) => [
  { name: '**rowbridge**', done: ours(world) },
  ...Object.entries(OTHERS).map(([name, make]) => ({ name, done: other(make, world) })),
];
