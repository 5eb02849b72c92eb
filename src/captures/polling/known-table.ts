import type { TableColumn } from '../../adapters/mysql/columns.js';
import { isTableMissing } from '../../adapters/mysql/errors.js';
import { delayOrAbort } from '../../core/delay.js';
import type { PollingOptions } from './index.js';
import { learnTable } from './table.js';

/** A table that is dropped and made again is away for a moment. */
const PATIENCE_MS = 5_000;
const EVERY_MS = 250;

const namesOf = (columns: readonly TableColumn[], without: readonly TableColumn[]): string[] =>
  columns.filter(({ name }) => !without.some((other) => other.name === name)).map(({ name }) => name);

/**
 * The columns of a table, and word of what has changed since they were asked for last.
 * @throws BridgeError `configuration` when the table, its columns or the schema do not allow an exact capture
 */
export const knownTable = (options: PollingOptions): (() => Promise<readonly TableColumn[]>) => {
  const { connect, table, log } = options;
  let before: readonly TableColumn[] | undefined;

  const learn = async (): Promise<readonly TableColumn[]> => {
    const connection = await connect();
    try {
      return (await learnTable(connection.query, options)).columns;
    } finally {
      await connection.close();
    }
  };

  const learnAgain = async (): Promise<readonly TableColumn[]> => {
    const never = new AbortController().signal;
    for (let waited = 0; ; waited += EVERY_MS) {
      try {
        return await learn();
      } catch (error) {
        if (!isTableMissing(error) || before === undefined || waited >= PATIENCE_MS) throw error;
        await delayOrAbort(EVERY_MS, never);
      }
    }
  };

  return async () => {
    const columns = await learnAgain();
    if (before !== undefined && JSON.stringify(columns) !== JSON.stringify(before))
      log.info(
        { table, added: namesOf(columns, before), gone: namesOf(before, columns) },
        'the columns of the table have changed',
      );
    before = columns;
    return columns;
  };
};
