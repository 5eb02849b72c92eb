import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeData, runningEngines } from '../../src/engines/index.js';
import { isRunning, type ProcessRef } from '../../src/engines/process-identity.js';
import { engineHome, sql, until } from './engine-home.js';

const home = engineHome();

afterAll(() => home.close());

describe('a start that does not come to its end', () => {
  it('is aborted: nothing runs any more, and the home is free', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const starting = home.start(abort.signal);
    let processes: ProcessRef[] = [];
    const all = () => {
      processes = home.processes().filter(isRunning);
      return processes.length === 4;
    };
    await until('that Kafka and MySQL run', all, 30_000);
    abort.abort(reason);
    await expect(starting).rejects.toBe(reason);
    expect(processes.some(isRunning)).toBe(false);
    expect(existsSync(join(home.folder, 'lock.json'))).toBe(false);
  });

  it('is killed while MySQL is being installed: the next one installs it', async () => {
    await removeData(home.folder);
    expect(readdirSync(home.folder)).toEqual(['logs']);
    const child = home.holder('mysql');
    await until(
      'that it is being installed',
      () => existsSync(join(home.folder, 'data', 'mysql', 'databases.new', 'ibdata1')),
      10_000,
    );
    const killed = once(child, 'exit');
    child.kill('SIGKILL');
    await killed;
    const { mysql, stop } = await home.start(undefined, ['mysql']);
    expect(await sql({ mysql }, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(runningEngines(home.folder)).toBeNull();
    await stop();
  });

  it('fails because of its data: quotes the log', async () => {
    await removeData(home.folder);
    mkdirSync(join(home.folder, 'data', 'mysql', 'databases'), { recursive: true });
    await expect(home.start(undefined, ['mysql'])).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      kind: 'environment',
      found: expect.stringMatching(
        /^mysql ended while it was starting.*mysql\.log, which ends with:\n.*mysql\.\w+' doesn't exist/s,
      ),
    });
    expect(existsSync(join(home.folder, 'lock.json'))).toBe(false);
  });
});
