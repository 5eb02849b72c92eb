/**
 * What kind of trouble an error is; it decides what the program does:
 * - `transient`: wait and try again, for as long as it takes
 * - `record`: one record is bad; it goes to the dead letters and the program goes on
 * - `configuration`: a person has to change something; exit 2
 * - `environment`: something outside is missing (a server, a right on a directory, a lock); exit 3
 * - `integrity`: what is stored contradicts itself; never guess; exit 1
 */
export type ErrorKind = 'transient' | 'record' | 'configuration' | 'environment' | 'integrity';

export type BridgeErrorOptions = Readonly<{
  code: string;
  kind: ErrorKind;
  /** What was found, and where. */
  found: string;
  /** What the reader can do about it. */
  fix: string;
  cause?: unknown;
}>;

/** The only error class of rowbridge: says what was found, where, and what to do. */
export class BridgeError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly found: string;
  readonly fix: string;

  constructor({ code, kind, found, fix, cause }: BridgeErrorOptions) {
    super(`${found} ${fix}`.trim(), cause === undefined ? undefined : { cause });
    this.name = 'BridgeError';
    this.code = code;
    this.kind = kind;
    this.found = found;
    this.fix = fix;
  }

  get retriable(): boolean {
    return this.kind === 'transient';
  }
}

const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  transient: 3,
  record: 1,
  configuration: 2,
  environment: 3,
  integrity: 1,
};

/** The exit code promised for an error: 2 configuration, 3 environment, 1 everything else. */
export const exitCodeOf = (error: unknown): number => (error instanceof BridgeError ? EXIT_CODES[error.kind] : 1);

export const isTransient = (error: unknown): boolean => error instanceof BridgeError && error.retriable;

/** Whether an error is about one record alone. */
export const isOfRecord = (error: unknown): error is BridgeError => error instanceof BridgeError && error.kind === 'record';

/** The text of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));
