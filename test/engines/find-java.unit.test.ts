import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findJava, majorVersion } from '../../src/engines/find-java.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

/** A Java that says what version it is: in its `release` file, or only when it is asked. */
const fakeJava = (name: string, version: string, tells: 'release' | 'asked' = 'release'): string => {
  const home = join(folder(), name);
  mkdirSync(join(home, 'bin'), { recursive: true });
  const answer = tells === 'asked' ? `echo 'openjdk version "${version}" 2026-01-01' >&2` : 'exit 1';
  writeFileSync(join(home, 'bin', 'java'), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
  if (tells === 'release') writeFileSync(join(home, 'release'), `IMPLEMENTOR="X"\nJAVA_VERSION="${version}"\n`);
  return home;
};

const command = (home: string): string => join(home, 'bin', 'java');

describe('the version of a Java', () => {
  it.each([
    ['JAVA_VERSION="25.0.3"', 25],
    ['openjdk version "21" 2023-09-19', 21],
    ['java version "1.8.0_402"', 8],
    ['openjdk version "17-ea"', 17],
  ])('%s is %d', (text, version) => {
    expect(majorVersion(text)).toBe(version);
  });

  it('is unknown where there is none', () => {
    expect(majorVersion('command not found')).toBeUndefined();
  });
});

describe('which Java is taken', () => {
  it('the newest of JAVA_HOME, the PATH and the system folders', async () => {
    const old = fakeJava('jvm/old', '17.0.1');
    const onPath = fakeJava('path', '21.0.2', 'asked');
    const system = join(folder(), 'jvm');
    const env = { JAVA_HOME: old, PATH: join(onPath, 'bin') };
    expect(await findJava(env, [system])).toEqual({ command: command(onPath), version: 21 });
    const newest = fakeJava('jvm/newest', '25.0.3');
    expect(await findJava(env, [system])).toEqual({ command: command(newest), version: 25 });
  });

  it('only the one of ROWBRIDGE_JAVA where that is set, as a home or as the program', async () => {
    const wanted = fakeJava('wanted', '21.0.2');
    const newer = fakeJava('newer', '25.0.3');
    expect(await findJava({ ROWBRIDGE_JAVA: wanted, JAVA_HOME: newer }, [])).toEqual({ command: command(wanted), version: 21 });
    expect(await findJava({ ROWBRIDGE_JAVA: command(wanted) }, [])).toEqual({ command: command(wanted), version: 21 });
  });

  it('none: says what to install', async () => {
    await expect(findJava({ PATH: '' }, [join(folder(), 'nothing')])).rejects.toMatchObject({
      code: 'JAVA_MISSING',
      kind: 'environment',
      fix: expect.stringMatching(/Java 21 or newer.*docker compose up/),
    });
  });

  it('none at ROWBRIDGE_JAVA: names the place, although there is another Java', async () => {
    const env = { ROWBRIDGE_JAVA: '/no/java', JAVA_HOME: fakeJava('other', '25.0.3') };
    await expect(findJava(env, [])).rejects.toMatchObject({ code: 'JAVA_MISSING', found: expect.stringContaining('/no/java') });
  });

  it('one that is too old: says which it found', async () => {
    const old = fakeJava('old', '17.0.15');
    await expect(findJava({ JAVA_HOME: old }, [])).rejects.toMatchObject({
      code: 'JAVA_TOO_OLD',
      kind: 'environment',
      found: expect.stringContaining(`17 (${command(old)})`),
    });
  });

  it('passes over a program that is no Java', async () => {
    const broken = fakeJava('broken', 'x', 'asked');
    const good = fakeJava('jvm/good', '21.0.1');
    expect((await findJava({ JAVA_HOME: broken }, [join(folder(), 'jvm')])).command).toBe(command(good));
  });
});
