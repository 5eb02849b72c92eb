import type { Query } from './query.js';

/** What tells one life of a table from another: the server's own id where it has one, and when the table was created. */
export type TableOrigin = Readonly<{ server?: string; tableCreated?: string }>;

/** `@@server_uuid` on MySQL, `@@server_uid` on MariaDB, which has no uuid. */
const SERVER_IDS = ['server_uuid', 'server_uid'];

export const tableOrigin = async (query: Query, table: string): Promise<TableOrigin> => {
  const [id] = await query<{ Value: string }>(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${SERVER_IDS.map(() => '?').join(', ')})`,
    SERVER_IDS,
  );
  const [created] = await query<{ at: string | null }>(
    'SELECT CAST(CREATE_TIME AS CHAR) at FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?',
    [table],
  );
  return {
    ...(id === undefined || id.Value === '' ? {} : { server: id.Value }),
    ...(created?.at == null ? {} : { tableCreated: created.at }),
  };
};
