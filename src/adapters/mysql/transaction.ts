import type { SqlConnection } from '../../core/sql.js';

/** Runs the action as one transaction: all of it is committed, or nothing. An error at the commit itself leaves open which of the two. */
export const inTransaction = async <T>(connection: SqlConnection, action: () => Promise<T>): Promise<T> => {
  await connection.query('START TRANSACTION');
  try {
    const result = await action();
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that cannot roll back is closed, and the server rolls back for it.
    await connection.query('ROLLBACK').catch(() => connection.close());
    throw error;
  }
};
