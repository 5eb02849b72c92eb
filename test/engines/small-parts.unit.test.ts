import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { findProgram } from '../../src/engines/find-program.js';
import { freePorts } from '../../src/engines/free-ports.js';
import { kafkaAnswers } from '../../src/engines/kafka-ready.js';
import { logTail } from '../../src/engines/log-tail.js';
import { makeExecutable, mysqlVariant, serverFilesIn } from '../../src/engines/server-files.js';
import { saysPortTaken } from '../../src/engines/start-server.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

describe('the end of a log', () => {
  it('leaves out stack frames, which would push out what happened', () => {
    const file = join(folder(), 'log');
    const frames = '\tat org.example.Some.method(Some.java:1)\n'.repeat(50);
    writeFileSync(file, `ERROR cannot\njava.lang.Error: one\n${frames}Caused by: two\n${frames}\t... 12 more\n`);
    expect(logTail(file)).toBe('ERROR cannot\njava.lang.Error: one\nCaused by: two');
  });

  it('is its last lines, long ones cut', () => {
    const file = join(folder(), 'log');
    writeFileSync(file, `${'first\n'.repeat(5_000)}${'x'.repeat(1_000)}\nlast\n`);
    expect(logTail(file, 2)).toBe(`${'x'.repeat(300)}\nlast`);
  });

  it('is empty where there is none', () => {
    expect(logTail(join(folder(), 'none'))).toBe('');
  });
});

describe('a program on the PATH', () => {
  it('is the first that may be run', () => {
    for (const name of ['a', 'b', 'c']) mkdirSync(join(folder(), name, name === 'b' ? 'tool' : '.'), { recursive: true });
    writeFileSync(join(folder(), 'a', 'tool'), '', { mode: 0o644 });
    writeFileSync(join(folder(), 'c', 'tool'), '', { mode: 0o755 });
    chmodSync(join(folder(), 'c', 'tool'), 0o755);
    const PATH = ['a', 'b', '', 'c'].map((name) => name && join(folder(), name)).join(delimiter);
    expect(findProgram(['tool'], { PATH })).toBe(join(folder(), 'c', 'tool'));
    expect(findProgram(['other'], { PATH })).toBeUndefined();
    expect(findProgram(['tool'], {})).toBeUndefined();
  });
});

describe('free ports', () => {
  it('are different ones that can be listened on', async () => {
    const ports = await freePorts(5);
    expect(new Set(ports).size).toBe(5);
    const server = createServer().listen(ports[0], '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('whether Kafka answers', () => {
  const answering = async (bytes: Buffer): Promise<boolean> => {
    const server = createServer((socket) => void socket.resume().end(bytes)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const answer = await kafkaAnswers(port);
    await new Promise((resolve) => server.close(resolve));
    return answer;
  };

  it('yes, when it gives the answer to our question', async () => {
    expect(await answering(Buffer.from('000000060000' + '4e90' + '0000', 'hex'))).toBe(true);
  });

  it('no, when somebody else answers, or nobody', async () => {
    expect(await answering(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))).toBe(false);
    expect(await answering(Buffer.from('0000000600000001' + '0000', 'hex'))).toBe(false);
    expect(await answering(Buffer.alloc(0))).toBe(false);
    expect(await kafkaAnswers((await freePorts(1))[0] as number)).toBe(false);
  });
});

describe('a port that another program has', () => {
  it.each([
    ['Kafka', 'org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:40761: Address already in use.'],
    ['the registry', 'ERROR [ApplicationLifecycleManager] (main) Port 35287 seems to be in use by another process.'],
    ['MySQL', "[ERROR] Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use"],
  ])('%s says so', (_, log) => {
    expect(saysPortTaken(log)).toBe(true);
  });

  it('is not every failure', () => {
    expect(saysPortTaken("Fatal error: Can't open and lock privilege tables: Table 'mysql.db' doesn't exist")).toBe(false);
  });
});

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
