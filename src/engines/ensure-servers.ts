import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BridgeError, messageOf } from '../core/errors.js';
import type { Environment } from './environment.js';
import { findProgram } from './find-program.js';
import { mavenProgress } from './maven-progress.js';
import { type ProcessRef, refOf } from './process-identity.js';
import { readLines } from './read-lines.js';
import { makeExecutable, mysqlVariant, type ServerFiles, serverFilesIn } from './server-files.js';
import { supervise } from './supervise.js';

/** Two levels up, from `src/engines` as from `dist/engines`. */
const POM = fileURLToPath(new URL('../../src/engines/pom.xml', import.meta.url));
const WITHIN_MS = 30 * 60_000;
const TELL_EVERY_MS = 500;
const DOCKER = 'or use Docker: docker compose up.';

export type EnsureServers = Readonly<{
  downloads: string;
  env: Environment;
  onProgress(text: string): void;
  signal: AbortSignal;
  platform?: string;
  arch?: string;
  pom?: string;
}>;

/** Maven's command; on Windows it is a script, which only the shell can run. */
const findMaven = (env: Environment): string[] => {
  const onWindows = process.platform === 'win32';
  const maven = findProgram(onWindows ? ['mvn.cmd'] : ['mvn'], env);
  if (maven !== undefined) return onWindows ? [env.ComSpec ?? 'cmd.exe', '/d', '/c', maven] : [maven];
  throw new BridgeError({
    code: 'MAVEN_MISSING',
    kind: 'environment',
    found: 'The servers have to be downloaded once, and Maven (mvn), which does it, is not on the PATH.',
    fix: `Install Maven 3.6.3 or newer (it is needed only this once), ${DOCKER}`,
  });
};

const failed = (found: string): BridgeError =>
  new BridgeError({
    code: 'ENGINES_DOWNLOAD_FAILED',
    kind: 'environment',
    found,
    fix: `Check the network and Maven's settings (proxy, mirror) and start again, ${DOCKER}`,
  });

/** Lets Maven fill the folder; it ends with this program. */
const runMaven = async (
  into: string,
  variant: string,
  pom: string,
  { env, onProgress, signal }: EnsureServers,
): Promise<void> => {
  const [command = '', ...first] = findMaven(env);
  const args = [...first, '-B', '-f', pom, `-Dinto=${into}`, `-Dmariadb.platform=${variant}`, 'prepare-package'];
  const maven = await supervise({ command, args, cwd: into, env, graceMs: 2_000 });
  const progress = mavenProgress();
  if (maven.output !== null) readLines(maven.output, progress.onLine);
  let told = '';
  const tell = (): void => {
    if (progress.text() !== told) onProgress(progress.text());
    told = progress.text();
  };
  const teller = setInterval(tell, TELL_EVERY_MS);
  const both = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]);
  const onAbort = () => void maven.stop();
  both.addEventListener('abort', onAbort);
  if (both.aborted) onAbort();
  const how = await maven.ended;
  clearInterval(teller);
  both.removeEventListener('abort', onAbort);
  signal.throwIfAborted();
  if (both.aborted) throw failed(`The servers were not downloaded within ${WITHIN_MS / 60_000} minutes.`);
  if (how !== 'exit code 0') throw failed(`Maven could not fetch the servers (${how}): ${progress.errors()}`);
};

const markOf = ({ identity }: ProcessRef): string => createHash('sha256').update(identity).digest('hex').slice(0, 8);

/** Names its maker, so that a folder left behind by a kill is known as such. */
const partialName = (maker: ProcessRef): string => `partial-${maker.pid}-${markOf(maker)}-${randomBytes(3).toString('hex')}`;

const removeLeftovers = (downloads: string): void => {
  for (const name of readdirSync(downloads)) {
    const [, pid, mark] = /^partial-(\d+)-(\w+)-/.exec(name) ?? [];
    if (pid !== undefined && markOf(refOf(Number(pid))) !== mark) rmSync(join(downloads, name), { recursive: true, force: true });
  }
};

const download = async (folder: string, variant: string, pom: string, options: EnsureServers): Promise<void> => {
  mkdirSync(options.downloads, { recursive: true });
  removeLeftovers(options.downloads);
  const partial = join(options.downloads, partialName(refOf(process.pid)));
  mkdirSync(partial, { recursive: true });
  try {
    await runMaven(partial, variant, pom, options);
    makeExecutable(partial);
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another program was quicker.
    if (!existsSync(folder)) throw error instanceof BridgeError || options.signal.aborted ? error : failed(messageOf(error));
  }
};

/**
 * The servers' programs, downloaded if they are not there yet. The folder gets its name, made of the pom's hash, only when it is complete;
 * from then on neither Maven nor a network is needed.
 * @throws BridgeError `environment` when there is no Maven, or it could not fetch them.
 */
export const ensureServers = async (options: EnsureServers): Promise<ServerFiles> => {
  const { platform = process.platform, arch = process.arch, pom = POM } = options;
  const variant = mysqlVariant(platform, arch);
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const folder = join(options.downloads, `servers-${variant}-${hash}`);
  if (!existsSync(folder)) await download(folder, variant, pom, options);
  return serverFilesIn(folder);
};
