import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EnsureServers, ensureServers } from '../../src/engines/ensure-servers.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const downloads = (): string => join(folder(), 'dist');

const options = (changes: Partial<EnsureServers> = {}): EnsureServers => ({
  downloads: downloads(),
  env: { PATH: `${join(folder(), 'bin')}:/usr/bin:/bin` },
  onProgress: () => {},
  signal: new AbortController().signal,
  platform: 'linux',
  arch: 'x64',
  ...changes,
});

/** A Maven that writes down its arguments and then does as the script says; `$into` is the folder to fill. */
const fakeMaven = (script: string): void => {
  mkdirSync(join(folder(), 'bin'), { recursive: true });
  const words = `printf '%s\\n' "$@" > '${join(folder(), 'arguments')}'\nfor word in "$@"; do case "$word" in -Dinto=*) into="\${word#-Dinto=}";; esac; done`;
  writeFileSync(join(folder(), 'bin', 'mvn'), `#!/bin/sh\n${words}\n${script}\n`, { mode: 0o755 });
};

const FILL = `mkdir -p "$into/kafka" "$into/registry" "$into/mysql/bin" "$into/mysql/share"
touch "$into/registry/quarkus-run.jar" "$into/mysql/bin/mariadbd" "$into/mysql/share/mariadb_system_tables.sql"`;

describe('the servers programs', () => {
  it('are fetched once, and then need no Maven any more', async () => {
    fakeMaven(`echo '[INFO] Downloaded from x: y (2.0 MB at 1 MB/s)'; sleep 1; ${FILL}`);
    const told: string[] = [];
    const files = await ensureServers(options({ onProgress: (text) => void told.push(text) }));
    expect(told).toContain('downloading servers: 1 files, 2 MB');
    expect(existsSync(files.registryJar)).toBe(true);
    expect(readFileSync(join(folder(), 'arguments'), 'utf8')).toContain('-Dmariadb.platform=linux64\n');
    fakeMaven(`touch '${join(folder(), 'called again')}'; exit 1`);
    expect(await ensureServers(options())).toEqual(files);
    expect(await ensureServers(options({ env: { PATH: '' } }))).toEqual(files);
    expect(existsSync(join(folder(), 'called again'))).toBe(false);
    expect(readdirSync(downloads())).toHaveLength(1);
  });

  it('are fetched anew when the pom has changed', async () => {
    const pom = join(folder(), 'pom.xml');
    fakeMaven(FILL);
    for (const text of ['one', 'two']) {
      writeFileSync(pom, text);
      await ensureServers(options({ pom }));
    }
    expect(readdirSync(downloads())).toHaveLength(2);
  });

  it('cannot be fetched without Maven: says what to install', async () => {
    await expect(ensureServers(options({ env: { PATH: '' } }))).rejects.toMatchObject({
      code: 'MAVEN_MISSING',
      kind: 'environment',
      fix: expect.stringMatching(/Install Maven.*docker compose up/),
    });
    expect(readdirSync(downloads())).toEqual([]);
  });

  it('could not be fetched: quotes Maven, and leaves nothing half', async () => {
    fakeMaven(`mkdir "$into/kafka"; echo '[ERROR] Could not transfer artifact x'; exit 1`);
    await expect(ensureServers(options())).rejects.toMatchObject({
      code: 'ENGINES_DOWNLOAD_FAILED',
      kind: 'environment',
      found: expect.stringContaining('Could not transfer artifact x'),
    });
    expect(readdirSync(downloads())).toEqual([]);
  });

  it('are not complete when something is missing', async () => {
    fakeMaven('mkdir -p "$into/mysql"');
    await expect(ensureServers(options())).rejects.toMatchObject({ code: 'ENGINES_DOWNLOAD_BROKEN' });
    expect(readdirSync(downloads())).toEqual([]);
  });

  it('stop being fetched when it is aborted', async () => {
    fakeMaven('echo $$ > "$into/../../pid"; exec sleep 60');
    await expect(ensureServers(options({ signal: AbortSignal.timeout(700) }))).rejects.toThrow('timeout');
    const pid = readFileSync(join(folder(), 'pid'), 'utf8').trim();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(readdirSync(downloads())).toEqual([]);
  });

  it('what a killed program left half is removed, what another one is fetching is not', async () => {
    fakeMaven(`${FILL}; until [ -e '${join(folder(), 'go on')}' ]; do sleep 0.1; done`);
    mkdirSync(join(downloads(), 'partial-4000000-00000000-aaaaaa'), { recursive: true });
    mkdirSync(join(downloads(), 'servers-of-another-time'));
    const fetching = ensureServers(options());
    const [partial = '', ...others] = readdirSync(downloads());
    expect(partial).toMatch(new RegExp(`^partial-${process.pid}-`));
    expect(others).toEqual(['servers-of-another-time']);
    await expect(ensureServers(options({ env: { PATH: '' } }))).rejects.toMatchObject({ code: 'MAVEN_MISSING' });
    expect(readdirSync(downloads())).toContain(partial);
    writeFileSync(join(folder(), 'go on'), '');
    await fetching;
    expect(readdirSync(downloads())).toHaveLength(2);
  });

  it('may be fetched by two programs at once: the first to end gives them to both', async () => {
    fakeMaven(`sleep 0.5; ${FILL}`);
    const [one, two] = await Promise.all([ensureServers(options()), ensureServers(options())]);
    expect(one).toEqual(two);
    expect(readdirSync(downloads())).toHaveLength(1);
  });

  it('are not to be had for every machine', async () => {
    await expect(ensureServers(options({ arch: 'mips' }))).rejects.toMatchObject({ code: 'NO_EMBEDDED_SERVERS' });
  });
});
