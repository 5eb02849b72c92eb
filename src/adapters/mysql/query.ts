/** Runs one statement over the text protocol; a statement that gives no rows gives none. */
export type Query = <Row>(sql: string, params?: readonly unknown[]) => Promise<readonly Row[]>;
