import { chmodSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BridgeError } from '../core/errors.js';
import type { MysqlFiles } from './mysql-server.js';

const VARIANTS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux64',
  'darwin-arm64': 'macos-arm64',
  'win32-x64': 'winx64',
};
const MYSQL_PROGRAMS = ['mariadbd', 'mariadbd.exe', 'mysqld.exe'];

/**
 * The name of MariaDB's build for a machine.
 * @throws BridgeError `environment` where there is none.
 */
export const mysqlVariant = (platform: string, arch: string): string => {
  const variant = VARIANTS[`${platform}-${arch}`];
  if (variant !== undefined) return variant;
  const found = `There is no embedded MySQL for ${platform}-${arch}, only for ${Object.keys(VARIANTS).join(', ')}.`;
  throw new BridgeError({ code: 'NO_EMBEDDED_SERVERS', kind: 'environment', found, fix: 'Use Docker: docker compose up.' });
};

/** What a download gives. */
export type ServerFiles = Readonly<{ kafkaJars: string; registryJar: string; mysql: MysqlFiles }>;

const findFile = (folder: string, names: readonly string[]): string => {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).find(
    (entry) => entry.isFile() && names.includes(entry.name),
  );
  if (found !== undefined) return join(found.parentPath, found.name);
  throw new BridgeError({
    code: 'ENGINES_DOWNLOAD_BROKEN',
    kind: 'environment',
    found: `${names.join(' or ')} is not in ${folder}.`,
    fix: `Delete ${dirname(folder)} and start again: the servers are then fetched anew.`,
  });
};

/** Where everything lies in the folder of a finished download. */
export const serverFilesIn = (folder: string): ServerFiles => {
  const program = findFile(join(folder, 'mysql'), MYSQL_PROGRAMS);
  const sql = dirname(findFile(join(folder, 'mysql'), ['mariadb_system_tables.sql']));
  return {
    kafkaJars: join(folder, 'kafka'),
    registryJar: findFile(join(folder, 'registry'), ['quarkus-run.jar']),
    mysql: { base: dirname(dirname(program)), program, sql },
  };
};

/** An archive does not always say what is a program. */
export const makeExecutable = (folder: string): void => {
  const programs = dirname(serverFilesIn(folder).mysql.program);
  for (const name of readdirSync(programs)) chmodSync(join(programs, name), 0o755);
};
