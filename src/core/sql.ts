/** A connection to a database as an updater needs it. */
export type SqlConnection = Readonly<{
  query<Row>(sql: string, params?: readonly unknown[]): Promise<readonly Row[]>;
  change(
    sql: string,
    params?: readonly unknown[],
  ): Promise<Readonly<{ affectedRows: number; changedRows: number; insertId: string }>>;
  id: number;
  /** Names the server and the account in messages. */
  where: string;
  isOpen(): boolean;
  close(): Promise<void>;
}>;
