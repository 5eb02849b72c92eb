import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeExecutable, mysqlVariant, serverFilesIn } from '../../src/engines/server-files.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

describe('the build of MySQL for a machine', () => {
  it.each([
    ['linux', 'x64', 'linux64'],
    ['darwin', 'arm64', 'macos-arm64'],
    ['win32', 'x64', 'winx64'],
  ])('%s %s: %s', (platform, arch, variant) => {
    expect(mysqlVariant(platform, arch)).toBe(variant);
  });

  it('another machine has to use Docker', () => {
    expect(() => mysqlVariant('linux', 'arm64')).toThrow(
      expect.objectContaining({ code: 'NO_EMBEDDED_SERVERS', kind: 'environment', fix: expect.stringContaining('docker') }),
    );
  });
});

describe('the files of a download', () => {
  it('are found however deep they lie, and its programs can be run', () => {
    const base = join(folder(), 'mysql', 'some', 'where');
    for (const path of [
      'mysql/some/where/bin/mariadbd',
      'mysql/some/where/share/mysql/mariadb_system_tables.sql',
      'registry/quarkus-run.jar',
    ]) {
      mkdirSync(join(folder(), path, '..'), { recursive: true });
      writeFileSync(join(folder(), path), '', { mode: 0o644 });
    }
    makeExecutable(folder());
    expect(serverFilesIn(folder())).toEqual({
      kafkaJars: join(folder(), 'kafka'),
      registryJar: join(folder(), 'registry', 'quarkus-run.jar'),
      mysql: { base, program: join(base, 'bin', 'mariadbd'), sql: join(base, 'share', 'mysql') },
    });
    expect(statSync(join(base, 'bin', 'mariadbd')).mode & 0o777).toBe(0o755);
  });

  it('one that is missing is told, with what to delete', () => {
    mkdirSync(join(folder(), 'mysql'));
    expect(() => serverFilesIn(folder())).toThrow(
      expect.objectContaining({ code: 'ENGINES_DOWNLOAD_BROKEN', fix: expect.stringContaining(folder()) }),
    );
  });
});
