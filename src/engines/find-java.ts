import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BridgeError } from '../core/errors.js';
import type { Environment } from './environment.js';
import { findProgram, isExecutable } from './find-program.js';

export const OLDEST_JAVA = 21;
const JAVA_NAMES = process.platform === 'win32' ? ['java.exe'] : ['java'];
const JVM_FOLDERS = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines'];
const FIX = `Install Java ${OLDEST_JAVA} or newer (a JRE is enough) and set JAVA_HOME or ROWBRIDGE_JAVA, or use Docker: docker compose up.`;

export type Java = Readonly<{ command: string; version: number }>;

/** The major version in what Java says of itself: 8 of `1.8.0_402`, 25 of `25.0.3`. */
export const majorVersion = (text: string): number | undefined => {
  const match = /"(\d+)(?:\.(\d+))?/.exec(text);
  if (match === null) return undefined;
  return Number(match[1] === '1' ? match[2] : match[1]);
};

const releaseOf = (command: string): string | undefined => {
  try {
    const file = join(dirname(dirname(realpathSync(command))), 'release');
    return /^JAVA_VERSION=.*$/m.exec(readFileSync(file, 'utf8'))?.[0];
  } catch {
    return undefined;
  }
};

const askJava = async (command: string, env: Environment): Promise<string> => {
  try {
    const { stderr, stdout } = await promisify(execFile)(command, ['-version'], { timeout: 10_000, env: { ...env } });
    return /.*version ".*/.exec(`${stderr}${stdout}`)?.[0] ?? '';
  } catch {
    return '';
  }
};

const listOf = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);

/** The Java of a home folder, or the named program itself. */
const commandsAt = (place: string): string[] =>
  [place, ...['bin', 'Contents/Home/bin'].flatMap((bin) => JAVA_NAMES.map((name) => join(place, bin, name)))].filter(
    isExecutable,
  );

const candidates = (env: Environment, jvmFolders: readonly string[]): string[] => {
  if (env.ROWBRIDGE_JAVA) return commandsAt(env.ROWBRIDGE_JAVA);
  const onPath = findProgram(JAVA_NAMES, env);
  const homes = [...(env.JAVA_HOME ? [env.JAVA_HOME] : []), ...jvmFolders.flatMap(listOf)];
  return [...homes.flatMap(commandsAt), ...(onPath === undefined ? [] : [onPath])];
};

/**
 * The newest Java in JAVA_HOME, on the PATH and in the system's folders; ROWBRIDGE_JAVA, where set, is the only place looked at.
 * @throws BridgeError `environment` when there is none, or none new enough.
 */
export const findJava = async (env: Environment, jvmFolders: readonly string[] = JVM_FOLDERS): Promise<Java> => {
  const found: Java[] = [];
  for (const command of new Set(candidates(env, jvmFolders))) {
    const version = majorVersion(releaseOf(command) ?? (await askJava(command, env)));
    if (version !== undefined) found.push({ command, version });
  }
  const newest = found.reduce<Java | undefined>(
    (best, one) => (best === undefined || one.version > best.version ? one : best),
    undefined,
  );
  if (newest === undefined) {
    const places = env.ROWBRIDGE_JAVA
      ? `at ROWBRIDGE_JAVA=${env.ROWBRIDGE_JAVA}`
      : `in JAVA_HOME, on the PATH, or in ${jvmFolders.join(', ')}`;
    throw new BridgeError({ code: 'JAVA_MISSING', kind: 'environment', found: `No Java was found ${places}.`, fix: FIX });
  }
  if (newest.version < OLDEST_JAVA) {
    const found = `The newest Java found is ${newest.version} (${newest.command}); the servers need ${OLDEST_JAVA}.`;
    throw new BridgeError({ code: 'JAVA_TOO_OLD', kind: 'environment', found, fix: FIX });
  }
  return newest;
};
