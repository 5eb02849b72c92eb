import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeRunning, runningEngines, writeRunning } from '../../src/engines/running-engines.js';
import { temporaryFolder } from './temporary-folder.js';

const home = temporaryFolder();
const file = (): string => join(home(), 'running.json');

const ENGINES = {
  kafka: { brokers: ['127.0.0.1:1'], clusterId: 'c' },
  registry: { url: 'http://127.0.0.1:2' },
  mysql: { host: '127.0.0.1', port: 3, adminUser: 'root', adminPassword: 'secret' },
  servers: [],
};

describe('where the running servers are', () => {
  it('is told while the program runs that runs them, to its user only', () => {
    writeRunning(home(), ENGINES);
    expect(runningEngines(home())).toEqual(ENGINES);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    removeRunning(home());
    expect(existsSync(file())).toBe(false);
  });

  it('is not told of a program that was killed', () => {
    writeRunning(home(), ENGINES);
    const text = readFileSync(file(), 'utf8');
    writeFileSync(file(), text.replace(/"identity": "[^"]*"/, '"identity": "of another time"'));
    expect(runningEngines(home())).toBeNull();
  });

  it.each(['', '{', '[]', 'null'])('is not known from a file that holds %p', (text) => {
    writeFileSync(file(), text);
    expect(runningEngines(home())).toBeNull();
  });

  it('is not known where none were ever started', () => {
    expect(runningEngines(join(home(), 'nothing'))).toBeNull();
  });
});
