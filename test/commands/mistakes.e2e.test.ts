import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVER_VARIABLES } from '../../src/config.js';
import { endPrograms, rowbridge } from '../support/program.js';

/** Mistakes that are told before anybody asks a server. */
describe('an ordinary mistake is told as one', () => {
  const NOWHERE = {
    ...Object.fromEntries(SERVER_VARIABLES.map((name) => [name, 'x'])),
    KAFKA_BROKERS: '127.0.0.1:1',
    MYSQL_PORT: '1',
  };
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-mistakes-'));
    await writeFile(join(directory, 'a-file'), '');
    await mkdir(join(directory, 'odd', '.env'), { recursive: true });
  });
  afterAll(async () => {
    endPrograms();
    await rm(directory, { recursive: true, force: true });
  });

  it.each<[string, string[], Record<string, string>, number, RegExp]>([
    [
      'a CA that is not there',
      ['produce', 'products'],
      { MYSQL_SSL_CA: '/no/ca.pem' },
      2,
      /SETTING_INVALID: .* MYSQL_SSL_CA .*ENOENT.*ca\.pem/,
    ],
    [
      'a state directory below a file',
      ['setup', 'traffic'],
      { STATE_DIR: 'a-file/state' },
      3,
      /PATH_UNUSABLE: Cannot use .*a-file.state: ENOTDIR/,
    ],
    [
      'a file as the directory of logs',
      ['logs', 'check'],
      { CONSUMER_LOGS_DIR: 'a-file' },
      3,
      /PATH_UNUSABLE: Cannot use .*a-file: ENOTDIR/,
    ],
    [
      'a broker without a port',
      ['consume', 'traffic'],
      { KAFKA_BROKERS: 'kafka' },
      2,
      /SETTING_INVALID: .* KAFKA_BROKERS .*'kafka' has no port.*kafka1:9092/,
    ],
    [
      'a registry with half a password',
      ['schema', 'show'],
      { SCHEMA_REGISTRY_URL: 'http://u:se/cret@h' },
      2,
      /REGISTRY_URL_INVALID: '…@h'/,
    ],
  ])('%s', async (_, args, env, code, says) => {
    const program = rowbridge(args, { env: { ...NOWHERE, ...env }, cwd: directory });
    expect({ code: await program.ended(), stderr: program.stderr() }).toEqual({ code, stderr: expect.stringMatching(says) });
    expect(program.stderr()).not.toMatch(/UNEXPECTED|cret|^\s+at /m);
  });

  it('a directory in place of .env', async () => {
    const program = rowbridge(['list'], { env: {}, cwd: join(directory, 'odd') });
    expect({ code: await program.ended(), stderr: program.stderr() }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^error DOTENV_UNREADABLE: Cannot read settings from .*\.env: .*\n.*NAME=value/),
    });
    expect(program.stderr()).not.toMatch(/^\s+at /m);
  });
});
