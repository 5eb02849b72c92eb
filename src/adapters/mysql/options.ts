import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { ConnectionOptions } from 'mysql2';
import { BridgeError } from '../../core/errors.js';

/** TLS: the CA that signed the server's certificate, and a certificate of our own where the server asks for one. */
export type TlsParams = Readonly<{ ca?: string | Buffer; cert?: string | Buffer; key?: string | Buffer }>;

export type ConnectionParams = Readonly<{
  host: string;
  port: number;
  user: string;
  password: string;
  database?: string;
  /** Without it the connection is not encrypted; with it `host` must be a name, and the server's certificate is for that name. */
  ssl?: TlsParams;
  /** Gives up connecting at once; statements that run when it aborts get `ABORT_GRACE_MS` more. */
  signal?: AbortSignal;
}>;

export type ConnectionRole = Readonly<{
  /** What the connection is for; it stands in the server's list of connections. */
  role: string;
  /** A statement without an answer for this long is given up, and the connection with it. */
  deadlineMs?: number;
  connectTimeoutMs?: number;
}>;

export const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Settings that a server may have otherwise and on which results depend: the zone of TIMESTAMP texts, the client's escaping
 * (NO_BACKSLASH_ESCAPES would break it), strictness, and an autocommit that is off, under which a poller never sees a new row.
 * Days that do not exist may be compared with: tables have them, as the time of a row too. A statement has our own deadline, not the
 * server's: it has another name on MariaDB, which leaves out what is for MySQL 5.7 alone (MariaDB's manual, "Comment Syntax").
 */
const SETTINGS_SQL =
  "SET NAMES utf8mb4, @@SESSION.time_zone = '+00:00', @@SESSION.autocommit = 1, " +
  '/*!50704 @@SESSION.max_execution_time = 0, */ /*M! @@SESSION.max_statement_time = 0, */ ' +
  "@@SESSION.sql_mode = 'STRICT_TRANS_TABLES,ALLOW_INVALID_DATES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'";

/** Under READ UNCOMMITTED a row that is being changed has its new time only, and is missed when the change is rolled back. */
const ISOLATION_SQL = 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ';

/** What every session begins with. */
export const SESSION_SQL: readonly string[] = [SETTINGS_SQL, ISOLATION_SQL];

export const describeServer = ({ host, port, user, database }: ConnectionParams): string =>
  `MySQL at ${host}:${port} (user '${user}'${database === undefined ? '' : `, database '${database}'`})`;

/** For an address the driver would compare the certificate with the name 'localhost', whatever server it is. */
const addressOverTls = (where: string, host: string): BridgeError =>
  new BridgeError({
    code: 'MYSQL_TLS',
    kind: 'configuration',
    found: `${where}: a certificate is checked against a host name, and '${host}' is an address.`,
    fix: 'Set MYSQL_HOST to a name that stands in the certificate, or leave MYSQL_SSL_CA out.',
  });

/**
 * The driver's options for every connection of rowbridge.
 * @throws BridgeError `configuration` when the server's identity could not be checked
 */
export const driverOptions = (
  params: ConnectionParams,
  { role, connectTimeoutMs = CONNECT_TIMEOUT_MS }: ConnectionRole,
): ConnectionOptions => {
  const { host, port, user, password, database, ssl } = params;
  if (ssl !== undefined && isIP(host) !== 0) throw addressOverTls(describeServer(params), host);
  return {
    host,
    port,
    user,
    password,
    ...(database === undefined ? {} : { database }),
    ...(ssl === undefined
      ? {}
      : { ssl: { ...ssl, verifyIdentity: true, rejectUnauthorized: true } as NonNullable<ConnectionOptions['ssl']> }),
    connectTimeout: connectTimeoutMs,
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    connectAttributes: {
      program_name: 'rowbridge',
      _pid: String(process.pid),
      rowbridge_role: role,
      rowbridge_host: hostname().slice(0, 64),
    },
  };
};
