import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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

  /** What a person keeps; the others hold what rowbridge writes. */
  const FOREIGN = ['inventory-2025', 'metrics-report', 'my notes'];
  const OWN: Readonly<Record<string, string>> = { state: 'last_read_timestamp.json', consumer_logs: 'consumer_log.json' };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-wipe-'));
    for (const [folder, names] of Object.entries({ state: STATE, consumer_logs: LOGS })) {
      for (const name of names) {
        const path = join(directory, folder, name);
        const isFile = name.includes('.');
        await mkdir(isFile ? join(directory, folder) : path, { recursive: true });
        await writeFile(isFile ? path : join(path, (FOREIGN.includes(name) ? undefined : OWN[folder]) ?? 'inside'), 'content');
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

  it('of all pipelines takes away every folder that rowbridge wrote, and names the others', async () => {
    const named = FOREIGN.map((name) => join(directory, 'consumer_logs', name));
    expect((await wipeAll(config())).sort()).toEqual(named);
    expect([await left('state'), await left('consumer_logs')]).toEqual([
      ['.gitkeep', 'notes.txt'],
      ['.gitkeep', ...FOREIGN, 'readme.txt'],
    ]);
  });

  const put = async (folder: string, names: readonly string[], content = 'x'): Promise<void> => {
    for (const name of names) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), content);
    }
  };

  it("takes nothing else from a directory that is a person's own", async () => {
    const foreign = [
      '.git/HEAD',
      'src/worker.js',
      'src/worker.ts',
      'metrics/metrics.json',
      'docs/a/consumer_log.json',
      'products/list.csv',
    ];
    await put(directory, [...foreign, 'products/last_read_timestamp.json']);
    const here = configWith({}, { stateDirectory: directory, logsDirectory: join(directory, 'consumer_logs') });
    await wipeAll(here);
    for (const name of foreign) expect(await readFile(join(directory, name), 'utf8')).toBe('x');
    expect(await left('products')).toEqual(['list.csv']);
  });

  it('knows all that rowbridge writes', async () => {
    const [state, logs] = [join(directory, 'state', 'all'), join(directory, 'consumer_logs', 'all')];
    await put(state, [
      'last_read_timestamp.json',
      'last_read_timestamp.json.tmp',
      'replay-request.json',
      'replay-request.json.tmp',
    ]);
    await put(logs, [
      'consumer_log.json',
      'consumer_log.index.json',
      'consumer_log.rotate',
      'consumer_log.last-6f1e.json',
      'consumer_log.2026-11-21T01-22-33Z.json',
      'consumer_log.2026-11-21T01-22-33Z-2.json',
      'consumer_log.json.torn-2026-11-21T01-22-33Z',
      'consumer_log.json.broken-2026-11-21T01-22-33Z-2',
      'consumer_log.json.fenced-by-6f1e/old',
      'worker.claim-6f1e-1.json',
      'worker.tmp-6f1e',
      'worker.lock/6f1e.json',
    ]);
    await put(logs, ['inventory.json', 'inventory.json.2026-11-21T01-22-33.123Z'], '{\n  "count": 1,\n  "_rowbridge": {\n');
    await wipeAll(config());
    expect([await left('state'), await left('consumer_logs')].flat()).not.toContain('all');
  });
});
