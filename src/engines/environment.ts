/** Environment variables as they were handed in; engines read no others. */
export type Environment = Readonly<Record<string, string | undefined>>;
