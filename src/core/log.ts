type Write = { (facts: object, message: string): void; (message: string): void };

/** The part of pino's logger that rowbridge uses: constant lower-case messages, facts in fields. */
export type Log = Readonly<{ debug: Write; info: Write; warn: Write; error: Write; child(facts: object): Log }>;
