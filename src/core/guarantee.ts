/**
 * How sure a feed is that it saw every row:
 * - `proven`: no transaction that could still write below the horizon was open when it read
 * - `delayed`: it reads some seconds behind and reads those again; a transaction open for longer can be missed
 * - `best-effort`: timestamps are not the server's own, or not in this server's hands
 */
export type Guarantee = Readonly<{ level: 'proven' | 'delayed' | 'best-effort'; reason: string }>;
