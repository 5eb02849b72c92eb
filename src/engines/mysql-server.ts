import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { LOOPBACK } from './free-ports.js';
import { completeFolder, keptText, writeOwnFile } from './own-files.js';
import { runToEnd } from './run-to-end.js';
import { type Server, type ServerContext, startServer } from './start-server.js';

const INSTALL_WITHIN_MS = 120_000;
const LOGIN_WITHIN_MS = 3_000;
const ADMIN = 'root';

/** Where MariaDB lies: the folder above `bin`, its program, and the folder with its SQL. */
export type MysqlFiles = Readonly<{ base: string; program: string; sql: string }>;

export type MysqlServer = Server & Readonly<{ adminUser: string; adminPassword: string }>;

/** It refuses to run as root, in a container say, unless it is told to. */
const asRoot = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

/** What `mariadb-install-db --auth-root-authentication-method=normal --skip-test-db` runs, which itself stumbles over blanks in a path. */
const systemTables = (sqlFolder: string): string => {
  const files = ['mariadb_system_tables', 'mariadb_performance_tables', 'mariadb_system_tables_data', 'mariadb_sys_schema'];
  const statements = files.map((file) => readFileSync(join(sqlFolder, `${file}.sql`), 'utf8')).join('\n');
  const withoutHostAccount = statements.split('\n').filter((line) => !line.includes('@current_hostname'));
  return ['create database mysql;', 'use mysql;', 'set @auth_root_socket=NULL;', ...withoutHostAccount].join('\n');
};

const install = async ({ base, program, sql }: MysqlFiles, folder: string, context: ServerContext): Promise<void> => {
  const places = ['--no-defaults', '--bootstrap', `--basedir=${base}`, `--datadir=${folder}`, ...asRoot()];
  const args = [...places, '--log-warnings=0', '--max-allowed-packet=8M', '--net-buffer-length=16K'];
  const input = systemTables(sql);
  await runToEnd({ name: 'installing mysql', command: program, args, input, withinMs: INSTALL_WITHIN_MS }, context);
};

/** Run at every start before the first login, so that no account is ever open without a password. */
const accounts = (password: string): string => `CREATE USER IF NOT EXISTS '${ADMIN}'@'${LOOPBACK}';
ALTER USER '${ADMIN}'@'${LOOPBACK}' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON *.* TO '${ADMIN}'@'${LOOPBACK}' WITH GRANT OPTION;
DROP USER IF EXISTS '${ADMIN}'@'localhost', '${ADMIN}'@'::1', ''@'localhost';
`;

const SETTINGS = [
  `--bind-address=${LOOPBACK}`,
  '--skip-name-resolve',
  // It would make a key at every start, which takes seconds.
  '--skip-ssl',
  '--character-set-server=utf8mb4',
  '--default-time-zone=+00:00',
  '--max-connections=500',
  // As MySQL has them by default: the horizon of the polling capture is read from them.
  '--performance-schema=ON',
  '--performance-schema-consumer-events-statements-current=ON',
  '--performance-schema-consumer-events-transactions-current=ON',
  '--performance-schema-instrument=transaction=ON',
  '--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON',
  // No socket file: its path is too long for the system where the data folder lies deep.
  ...(process.platform === 'win32' ? [] : ['--socket=']),
];

const canLogIn = async (port: number, password: string): Promise<boolean> => {
  try {
    const connection = await createConnection({ host: LOOPBACK, port, user: ADMIN, password, connectTimeout: LOGIN_WITHIN_MS });
    await connection.end();
    return true;
  } catch {
    return false;
  }
};

/** A MariaDB that keeps its databases in `<dataFolder>/databases` and its administrator's password beside them. */
export const startMysql = async (
  files: MysqlFiles,
  context: ServerContext,
  name = 'mysql',
  onPorts?: readonly [number],
): Promise<MysqlServer> => {
  const { dataFolder } = context;
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const adminPassword = keptText(join(dataFolder, 'password'), () => randomBytes(24).toString('hex'));
  const databases = join(dataFolder, 'databases');
  await completeFolder(databases, (temporary) => install(files, temporary, context));
  const initFile = join(dataFolder, 'accounts.sql');
  writeOwnFile(initFile, accounts(adminPassword));

  const launch = ([port = 0]: readonly number[]) => {
    const places = [`--basedir=${files.base}`, `--datadir=${databases}`, `--init-file=${initFile}`, `--port=${port}`];
    const args = ['--no-defaults', ...places, ...SETTINGS, ...asRoot()];
    return { command: files.program, args, isReady: () => canLogIn(port, adminPassword) };
  };
  const plan = { name, ports: 1, graceMs: 5_000, launch, ...(onPorts === undefined ? {} : { onPorts }) };
  const server = await startServer(plan, context);
  return { ...server, adminUser: ADMIN, adminPassword };
};
