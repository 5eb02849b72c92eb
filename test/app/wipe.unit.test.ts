import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline } from '../../src/app/pipelines.js';
import { wipe, wipeAll } from '../../src/app/wipe.js';
import { configWith } from '../support/config.js';

describe('wiping', () => {
  let directory: string;
  const config = () =>
    configWith({}, { stateDirectory: join(directory, 'state'), logsDirectory: join(directory, 'consumer_logs') });
  const left = async (folder: string) => (await readdir(join(directory, folder))).sort();
  const wiped = async (name: string) => {
    await wipe(config(), await loadPipeline(name, config()));
    return { state: await left('state'), logs: await left('consumer_logs') };
  };

  const STATE = ['.gitkeep', 'customers', 'notes.txt', 'products'];
  const LOGS = [
    '.gitkeep',
    'all-events',
    'consumer_1',
    'consumer_3',
    'consumer_test',
    'inventory',
    'inventory-2025',
    'metrics',
    'metrics-report',
    'my notes',
    'readme.txt',
  ];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-wipe-'));
    for (const [folder, names] of Object.entries({ state: STATE, consumer_logs: LOGS })) {
      for (const name of names) {
        const path = join(directory, folder, name);
        const isFile = name.includes('.');
        await mkdir(isFile ? join(directory, folder) : path, { recursive: true });
        await writeFile(isFile ? path : join(path, 'inside'), 'content');
      }
    }
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it.each([
    ['products', STATE.filter((name) => name !== 'products'), LOGS.filter((name) => !name.startsWith('consumer_'))],
    ['clicks-and-orders', STATE, LOGS.filter((name) => name !== 'inventory')],
    ['shop-events', STATE, LOGS.filter((name) => name !== 'metrics' && name !== 'all-events')],
    ['traffic', STATE, LOGS],
  ])('%s takes away its own folders, and nothing else', async (name, state, logs) => {
    expect(await wiped(name)).toEqual({ state, logs });
  });

  it('takes away nothing the second time', async () => {
    const first = await wiped('products');
    expect(await wiped('products')).toEqual(first);
  });

  it('does not mind that there is nothing', async () => {
    await rm(directory, { recursive: true });
    await wipe(config(), await loadPipeline('products', config()));
    await wipeAll(config());
  });

  it('of all pipelines takes away every folder, and no file', async () => {
    await wipeAll(config());
    expect([await left('state'), await left('consumer_logs')]).toEqual([
      ['.gitkeep', 'notes.txt'],
      ['.gitkeep', 'readme.txt'],
    ]);
  });
});
