/**
 * How far a source has read: a small object of strings that only that source understands.
 * A source may leave fields out to mean "from the first row with these fields on".
 */
export type Position = Readonly<Record<string, string>>;
