import type { Query } from './query.js';

/** What tells one life of a table from another: the server's own id where it has one, and when the table was created. */
export type TableOrigin = Readonly<{ server?: string; tableCreated?: string }>;

/**
 * `@@server_uuid` is MySQL's own. MariaDB has none: its `@@server_uid` is made of the network card and the port, so it changes
 * with the port and is of no use.
 */
export const tableOrigin = async (query: Query, table: string): Promise<TableOrigin> => {
  const [id] = await query<{ Value: string }>("SHOW GLOBAL VARIABLES LIKE 'server_uuid'");
  const [created] = await query<{ at: string | null }>(
    'SELECT CAST(CREATE_TIME AS CHAR) at FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?',
    [table],
  );
  return {
    ...(id === undefined || id.Value === '' ? {} : { server: id.Value }),
    ...(created?.at == null ? {} : { tableCreated: created.at }),
  };
};
