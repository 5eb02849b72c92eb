import type { Connection } from '../../adapters/mysql/connect.js';
import type { Query } from '../../adapters/mysql/query.js';
import { delayOrAbort } from '../../core/delay.js';
import { BridgeError } from '../../core/errors.js';
import type { Guarantee } from '../../core/guarantee.js';
import type { Log } from '../../core/log.js';
import type { Row } from '../../core/pipeline.js';
import type { Position } from '../../core/position.js';
import type { Batch, Source } from '../../core/source.js';
import { canonicalTimestamp, microsOf } from '../../core/timestamp.js';
import { openFrontier } from './frontier.js';
import { serverOf } from './guarantee.js';
import { heldReporter } from './held.js';
import { upToStatement } from './keyset.js';
import { knownTable } from './known-table.js';
import { poll } from './poll.js';
import { positionsOf } from './positions.js';
import { isTableChanged, pageQuery, sameColumns } from './rows.js';
import { learnTable } from './table.js';

export type PollingOptions = Readonly<{
  name: string;
  connect(): Promise<Connection>;
  database: string;
  table: string;
  cursor: string;
  /** The primary key; the table's own is read at the start and has to be the same. */
  key: string;
  /** Where the topic's schema lies, if there is one. */
  schemaFile: string;
  /** Whether only the columns that the schema file names travel. */
  closed?: boolean;
  everyMs: number;
  pageRows: number;
  /** How far behind the clock to read, and how far back to read again, where the horizon cannot be used. */
  delayMs: number;
  log: Log;
  onGuarantee?(guarantee: Guarantee): void;
  onCaptured?(rows: number): void;
}>;

/** A position ahead of the clock by less than this is waited for: clocks are set back a little now and then. */
const PATIENCE_MICROS = 10_000_000n;

const inTheFuture = (table: string, position: string, now: string): BridgeError =>
  new BridgeError({
    code: 'POSITION_IN_FUTURE',
    kind: 'configuration',
    found: `The state of '${table}' says to read on from ${position}, but the database's clock is at ${now}.`,
    fix: "Set last_read_timestamp to an earlier time, or run 'rowbridge replay'.",
  });

const clockOf = async (query: Query): Promise<string> =>
  String((await query<{ now: string }>('SELECT CAST(NOW(6) AS CHAR) now'))[0]?.now);

const isFarAhead = (position: string, now: string): boolean => microsOf(position) - microsOf(now) > PATIENCE_MICROS;

/** Waits for a clock that is a little behind the position. @throws BridgeError `configuration` when it is far behind */
const awaitClock = async (
  query: Query,
  { table, log }: PollingOptions,
  after: Position | null,
  signal: AbortSignal,
): Promise<void> => {
  const wanted = after?.timestamp;
  while (wanted !== undefined && !signal.aborted) {
    const now = await clockOf(query);
    if (wanted <= now) return;
    if (isFarAhead(wanted, now)) throw inTheFuture(table, wanted, now);
    log.warn({ position: wanted, now }, 'the clock of the database is behind the position');
    await delayOrAbort(1_000, signal);
  }
};

/**
 * Captures a table by polling: every committed version of a row that a poll can see, in the order (cursor, primary key).
 * Loses nothing where the guarantee is `proven`. Ends when the columns of the table are others than before. Deletes and versions overwritten between two polls are not seen.
 */
export const pollingCapture = (options: PollingOptions): Source<Row> => {
  const { name, connect, database, everyMs, pageRows, delayMs, log, onGuarantee, onCaptured } = options;
  const { positionOf, compare } = positionsOf(options.cursor, options.key);

  const known = knownTable(options);

  type From = Parameters<Source<Row>['read']>[0];

  async function* read({ after, signal, columns }: From): AsyncGenerator<Batch<Row>> {
    const connection = await connect();
    const { query } = connection;
    try {
      const table = await learnTable(query, options);
      if (columns !== undefined && !sameColumns(table.columns, columns)) return;
      await awaitClock(query, options, after, signal);
      const onHeld = heldReporter(log);
      const frontier = await openFrontier({
        query,
        server: await serverOf(query),
        database,
        cursor: table.cursor,
        delayMs,
        log,
        onHeld,
        ...(onGuarantee === undefined ? {} : { onGuarantee }),
      });
      const { keyset, digits } = table;
      const pages = poll({
        query: pageQuery(connection, database, table),
        keyset,
        frontier,
        positionOf,
        compare,
        digits,
        after,
        everyMs,
        pageRows,
        overlapMs: delayMs,
        signal,
      });
      for await (const batch of pages) {
        onCaptured?.(batch.values.length);
        yield batch;
      }
    } catch (error) {
      if (!isTableChanged(error)) throw error;
    } finally {
      await connection.close();
    }
  }

  const checkBeginning = async ({ timestamp = '' }: Position): Promise<void> => {
    const connection = await connect();
    try {
      const now = await clockOf(connection.query);
      if (isFarAhead(timestamp, now)) throw inTheFuture(options.table, timestamp, now);
    } finally {
      await connection.close();
    }
  };

  const holdsUpTo = async (position: Position): Promise<boolean> => {
    const connection = await connect();
    try {
      const { keyset } = await learnTable(connection.query, options);
      const { sql, params } = upToStatement(keyset, canonicalTimestamp(position.timestamp ?? '') ?? '');
      return (await connection.query(sql, params)).length > 0;
    } finally {
      await connection.close();
    }
  };

  return { name, positionOf, compare, checkBeginning, holdsUpTo, columns: known, read };
};
