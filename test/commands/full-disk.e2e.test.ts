import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delayOrAbort } from '../../src/core/delay.js';
import { describeFull } from '../support/full-disk.js';
import { endPrograms, rowbridge } from '../support/program.js';

/** Longer than until the first line about a server that is away, and until the first that shows how far a generator is. */
const LINES_MS = 8_000;

const FULL = '/dev/full';
const NOBODY = { KAFKA_BROKERS: '127.0.0.1:1' };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rowbridge-full-'));
});
afterAll(async () => {
  endPrograms();
  await rm(directory, { recursive: true, force: true });
});

describeFull('a full disk under stderr', () => {
  it('ends no program', async () => {
    const start = (args: string[], env = {}) =>
      rowbridge(args, { env: { ...NOBODY, ...env }, cwd: directory, to: { stderr: FULL } });
    const programs = [start(['consume', 'traffic']), start(['produce', 'traffic'], { LOG_LEVEL: 'silent' })];
    await delayOrAbort(LINES_MS, new AbortController().signal);
    expect(programs.map(({ child }) => child.exitCode)).toEqual([null, null]);
    expect(await Promise.all(programs.map((program) => program.stop()))).toEqual([0, 0]);
  });
});

describeFull('a full disk under stdout', () => {
  const list = (to = {}) => rowbridge(['list', '--json'], { env: {}, cwd: directory, to });

  it('is told: exit 3', async () => {
    const program = list({ stdout: FULL });
    expect({ code: await program.ended(), stderr: program.stderr() }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/^error OUTPUT_FAILED: Cannot write to stdout: ENOSPC.*\n {2}Make room/),
    });
  });

  it('is told where it took a part: exit 3', async () => {
    const part = join(directory, 'part');
    const program = list({ stdout: part, blocks: 2 });
    expect({ code: await program.ended(), stderr: program.stderr() }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/OUTPUT_FAILED.*EFBIG/),
    });
    expect((await stat(part)).size).toBe(1024);
  });

  it('is no matter of a reader that has gone: exit 0, and not a word', async () => {
    const program = list();
    program.child.stdout?.destroy();
    expect({ code: await program.ended(), stderr: program.stderr() }).toEqual({ code: 0, stderr: '' });
  });
});
