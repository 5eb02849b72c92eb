import { BridgeError, type ErrorKind, messageOf } from '../../core/errors.js';

type Verdict = Readonly<{ code: string; kind: ErrorKind; fix: string }>;

const unavailable: Verdict = {
  code: 'MYSQL_UNAVAILABLE',
  kind: 'transient',
  fix: 'Start the server, or correct its host and port (MYSQL_HOST, MYSQL_PORT).',
};
/** The code of an answer that was given up since it would fill the memory. */
export const ANSWER_TOO_LARGE = 'ANSWER_TOO_LARGE';
const tooLarge: Verdict = {
  ...unavailable,
  fix: 'It is asked again, a few rows at a time at first. Where it comes again, set PAGE_ROWS to less.',
};
const busy: Verdict = { ...unavailable, fix: 'It passes by itself; nothing has been changed.' };
const denied: Verdict = {
  code: 'MYSQL_ACCESS_DENIED',
  kind: 'configuration',
  fix: "Check the user and the password in .env, then run 'rowbridge setup', which makes the accounts.",
};
const grantMissing: Verdict = {
  code: 'MYSQL_GRANT_MISSING',
  kind: 'configuration',
  fix: "Run 'rowbridge setup', which grants it.",
};
const tls: Verdict = {
  code: 'MYSQL_TLS',
  kind: 'configuration',
  fix: 'Point MYSQL_SSL_CA at the CA that signed the certificate, and MYSQL_HOST at a name that stands in it.',
};
const noDatabase: Verdict = {
  code: 'MYSQL_DATABASE_MISSING',
  kind: 'configuration',
  fix: "Run 'rowbridge setup', which makes it, or correct MYSQL_DATABASE.",
};
const noTable: Verdict = { code: 'TABLE_MISSING', kind: 'configuration', fix: "Run 'rowbridge setup', which makes the tables." };
const noColumn: Verdict = {
  code: 'COLUMN_MISSING',
  kind: 'configuration',
  fix: "Run 'rowbridge setup', or correct the pipeline's column names.",
};
const other: Verdict = { code: 'MYSQL_ERROR', kind: 'environment', fix: 'The words of the server say what is wrong.' };

const BY_NUMBER: ReadonlyMap<number, Verdict> = new Map([
  // too many connections, out of resources, shutdown, aborted, no answer, killed (MariaDB, MySQL), idle too long, starting up
  ...[1040, 1041, 1042, 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1927, 3169, 3168, 4031].map(
    (errno) => [errno, unavailable] as const,
  ),
  // ER_SERVER_OFFLINE_MODE; ER_UNKNOWN_COM_ERROR, which is what a Galera node says that is not ready (wsrep_ready is OFF);
  // CR_CONN_HOST_ERROR, a client's error, which MySQL Router sends on when no server is there for it to go to
  ...[3032, 1047, 2003].map((errno) => [errno, unavailable] as const),
  // lock wait timeout, deadlock, interrupted, statement timeout (MySQL, MariaDB), table changed under the transaction
  ...[1205, 1213, 1317, 3024, 1969, 1412].map((errno) => [errno, busy] as const),
  // database, password, host, unknown plug-in, password expired, account locked
  ...[1044, 1045, 1130, 1251, 1524, 1698, 1820, 1862, 3118, 4151].map((errno) => [errno, denied] as const),
  ...[1142, 1143, 1227, 1370].map((errno) => [errno, grantMissing] as const),
  [1049, noDatabase],
  [1146, noTable],
  [1054, noColumn],
]);

const BY_CODE: ReadonlyMap<string, Verdict> = new Map([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'].map(
    (code) => [code, unavailable] as const,
  ),
  ...['EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT'].map(
    (code) => [code, unavailable] as const,
  ),
  [ANSWER_TOO_LARGE, tooLarge],
  ...['HANDSHAKE_SSL_ERROR', 'HANDSHAKE_NO_SSL_SUPPORT'].map((code) => [code, tls] as const),
]);

type Fields = Readonly<{ errno?: unknown; code?: unknown; sqlMessage?: unknown; message?: unknown }>;

const fieldsOf = (error: unknown): Fields => (typeof error === 'object' && error !== null ? error : {});

/** The server's number of an error, also of one that `mysqlError` has wrapped. */
export const errnoOf = (error: unknown): number | undefined => {
  const { errno } = fieldsOf(error instanceof BridgeError ? error.cause : error);
  return typeof errno === 'number' ? errno : undefined;
};

const verdictOf = (error: unknown, words: string): Verdict => {
  const code = String(fieldsOf(error).code);
  const known = BY_NUMBER.get(errnoOf(error) ?? 0) ?? BY_CODE.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || /certificate/i.test(words)) return tls;
  return /closed state|connection is closed|connection lost/i.test(words) ? unavailable : other;
};

const wordsOf = (error: unknown): string => {
  const { sqlMessage, message, code } = fieldsOf(error);
  for (const words of [sqlMessage, message]) if (typeof words === 'string' && words !== '') return words;
  // A name with several addresses fails with an AggregateError, which has no words of its own.
  return typeof code === 'string' ? `connect ${code}` : messageOf(error);
};

/** The driver's error without the statement: its text may hold a password. */
const causeOf = (error: unknown, words: string): Error => {
  const { errno, code } = fieldsOf(error);
  return Object.assign(new Error(words), { errno, code });
};

/**
 * What went wrong with a server, in words for a person and with the class that decides what to do.
 * The statement, and with it every value in it, is left out.
 * @param what what was being done and where: "MySQL at 127.0.0.1:3306 (user 'capture')"
 */
export const mysqlError = (error: unknown, what: string): BridgeError => {
  if (error instanceof BridgeError) return error;
  const words = wordsOf(error);
  const { code, kind, fix } = verdictOf(error, words);
  return new BridgeError({ code, kind, found: `${what}: ${words.replace(/\.?$/, '.')}`, fix, cause: causeOf(error, words) });
};

/** True when a table is not there, for a moment or for good. */
export const isTableMissing = (error: unknown): boolean => error instanceof BridgeError && error.code === noTable.code;

/** True when the account lacks a right that `setup` grants. */
export const isGrantMissing = (error: unknown): boolean =>
  error instanceof BridgeError ? error.code === grantMissing.code : BY_NUMBER.get(errnoOf(error) ?? 0) === grantMissing;
