/** Asks the database. Numbers that a JS number cannot hold, decimals and times come as the text that the database prints. */
export type Query = <Row>(sql: string, params?: readonly unknown[]) => Promise<readonly Row[]>;
