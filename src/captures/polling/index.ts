import type { Connection } from '../../adapters/mysql/connect.js';
import { isTableMissing } from '../../adapters/mysql/errors.js';
import type { Guarantee } from '../../core/guarantee.js';
import type { Log } from '../../core/log.js';
import type { Row } from '../../core/pipeline.js';
import type { Position } from '../../core/position.js';
import type { Batch, ReadFrom, Source } from '../../core/source.js';
import { printedTimestamp } from '../../core/timestamp.js';
import { beginAgain, checkClock } from './beginning.js';
import { clockWatch } from './clock.js';
import { openFrontier } from './frontier.js';
import { serverOf } from './guarantee.js';
import { heldReporter } from './held.js';
import { upToStatement } from './keyset.js';
import { knownTable } from './known-table.js';
import { atDigits, poll } from './poll.js';
import { hasOrderedKeys, kindOfKey, positionsOf } from './positions.js';
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
  /** How often the whole guarantee is decided anew; every 10 s unless told. */
  recheckMs?: number;
  log: Log;
  onGuarantee?(guarantee: Guarantee): void;
  onCaptured?(rows: number): void;
}>;

/**
 * Captures a table by polling: every committed version of a row that a poll can see, in the order (cursor, primary key).
 * Loses nothing where the guarantee is `proven`. Ends when the columns of the table are others than before, or the table is away. Deletes and versions overwritten between two polls are not seen.
 */
export const pollingCapture = (options: PollingOptions): Source<Row> => {
  const { name, connect, database, everyMs, pageRows, delayMs, recheckMs, log, onGuarantee, onCaptured } = options;
  const ask = knownTable(options);
  let kind: ReturnType<typeof kindOfKey>;
  const { positionOf, compare } = positionsOf(options.cursor, options.key, () => kind);
  const known = async () => {
    const columns = await ask();
    kind = kindOfKey(columns, options.key);
    return columns;
  };

  // A read that was sure of itself has ended to read again more than it remembers: the next one need not doubt what it saw.
  let vouched = false;

  async function* read(from: ReadFrom): AsyncGenerator<Batch<Row>> {
    const { after, signal, columns, last } = from;
    const connection = await connect();
    const { query } = connection;
    try {
      const table = await learnTable(query, options);
      kind = kindOfKey(table.columns, options.key);
      if (columns !== undefined && !sameColumns(table.columns, columns)) return;
      const watch = clockWatch();
      const again = await beginAgain(query, options, from, watch);
      if (again !== null) {
        yield { values: [], position: null, again };
        return;
      }
      const doubtFrom = last?.doubtFrom?.timestamp;
      // The earlier read had come further: rows after this time were missing then.
      const missing = last === undefined || last.position?.timestamp === after?.timestamp ? undefined : after?.timestamp;
      const unsureFrom = vouched ? undefined : (missing ?? doubtFrom);
      vouched = false;
      const onHeld = heldReporter(log);
      const frontier = await openFrontier({
        query,
        server: await serverOf(query),
        database,
        cursor: table.cursor,
        delayMs,
        log,
        onHeld,
        watch,
        ...(unsureFrom === undefined ? {} : { unsureFrom }),
        ...(doubtFrom === undefined ? {} : { doubtFrom }),
        ...(recheckMs === undefined ? {} : { recheckMs }),
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
        after: atDigits(after, digits),
        everyMs,
        pageRows,
        keysOrdered: hasOrderedKeys(table.columns, options.key),
        overlapMs: delayMs,
        signal,
      });
      for await (const batch of pages) {
        onCaptured?.(batch.values.length);
        vouched = batch.again !== undefined && frontier.guarantee().level === 'proven';
        yield batch;
      }
    } catch (error) {
      if (!isTableChanged(error) && !isTableMissing(error)) throw error;
    } finally {
      await connection.close();
    }
  }

  const checkBeginning = async ({ timestamp = '' }: Position): Promise<void> => {
    const connection = await connect();
    try {
      await checkClock(connection.query, options.table, timestamp);
    } finally {
      await connection.close();
    }
  };

  const hasRowUpTo = async (position: Position): Promise<boolean> => {
    const connection = await connect();
    try {
      const { keyset } = await learnTable(connection.query, options);
      const { sql, params } = upToStatement(keyset, printedTimestamp(position.timestamp ?? ''));
      return (await connection.query(sql, params)).length > 0;
    } finally {
      await connection.close();
    }
  };

  const holdsUpTo = async (position: Position): Promise<boolean> => {
    try {
      return await hasRowUpTo(position);
    } catch (error) {
      if (!isTableMissing(error)) throw error;
      await known();
      return hasRowUpTo(position);
    }
  };

  return { name, positionOf, compare, checkBeginning, holdsUpTo, columns: known, read };
};
