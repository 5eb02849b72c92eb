import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  assignment,
  compose,
  drained,
  eachOnce,
  eventually,
  type Line,
  logLines,
  logsFolder,
  offsetsIn,
  stateFolder,
  status,
  takeDown,
  telling,
} from './stack.js';

type SeedRow = Readonly<{ id: number; name: string; category: string; price: string }>;

const CONSUMERS = ['consumer_1', 'consumer_2', 'consumer_3', 'consumer_4', 'consumer_5'];
const SEEDS = 50;
const STATE_FILE = 'last_read_timestamp.json';

const seedRows = async (): Promise<SeedRow[]> =>
  JSON.parse(await readFile(join('db', 'seeds', 'products.json'), 'utf8')) as SeedRow[];

/** The text of a decimal number in a line, digit by digit. */
const decimalIn = ({ text }: Line, field: string): string | undefined => new RegExp(`"${field}":(\\d+\\.\\d+)`).exec(text)?.[1];

/** 20 % less, in whole cents, half up. */
const less20 = (price: string): string => {
  const cents = (BigInt(price.replace('.', '')) * 8n + 5n) / 10n;
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
};

const start = (...args: string[]): Promise<string> => compose('up', '--detach', '--wait', '--wait-timeout', '240', ...args);

const versionsOf = (lines: readonly Line[]): string[] => lines.map(({ id, last_updated }) => `${id} at ${last_updated}`);

/** Lets the updater change rows for a while, stops it, and waits until all has arrived. */
const changeRows = async (atLeast: number): Promise<ReadonlyMap<number, number>> => {
  const before = (await logLines()).length;
  await compose('start', 'updater');
  await eventually(`${atLeast} more lines in the logs`, async () =>
    (await logLines()).length >= before + atLeast ? true : undefined,
  );
  await compose('stop', 'updater');
  return drained();
};

/** A test that needs all before it: where one fails, the rest say so instead of waiting for what cannot come. */
let begun: string | undefined;
const step = (name: string, run: () => Promise<void>): void =>
  it(name, async () => {
    if (begun !== undefined) throw new Error(`not tried: '${begun}' failed`);
    begun = name;
    await telling(run)();
    begun = undefined;
  });

// Each step goes on where the one before it stopped: together they are a day in the life of one stack.
describe('docker compose', () => {
  let linesBefore: readonly Line[] = [];

  beforeAll(takeDown);
  afterAll(takeDown);

  step('builds and starts everything with nothing prepared', async () => {
    await start('--build', '--scale', 'updater=0');
    expect(Object.keys(await assignment(CONSUMERS))).toEqual(CONSUMERS);
  });

  step('gives each of the five consumers two partitions', async () => {
    const read = await assignment(CONSUMERS);
    expect(Object.values(read).map((partitions) => partitions.length)).toEqual([2, 2, 2, 2, 2]);
  });

  step('reads with nothing lost: the guarantee is proven', async () => {
    expect((await status()).feeds).toMatchObject([{ name: 'products', guarantee: 'proven' }]);
  });

  step('brings each of the 50 seed rows into the logs once, with its discount', async () => {
    await compose('run', '--rm', '-T', 'updater', 'update', 'products', '--once', '--rate', '0');
    const ends = await drained();
    const lines = await logLines();
    expect(offsetsIn(lines)).toEqual(eachOnce(ends));
    const inLogs = lines
      .map((line) => ({
        id: line.id,
        name: line.name,
        category: line.category,
        price: decimalIn(line, 'price'),
        discount_price: decimalIn(line, 'discount_price'),
      }))
      .sort((a, b) => a.id - b.id);
    const expected = (await seedRows()).map(({ id, name, category, price }) => ({
      id,
      name,
      category: category.toUpperCase(),
      price,
      discount_price: category.toUpperCase() === 'CAT_5' ? less20(price) : price,
    }));
    expect(inLogs).toEqual(expected);
    expect(inLogs).toHaveLength(SEEDS);
  });

  step('starts the updater too, and every record is in the logs exactly once', async () => {
    await start();
    const ends = await changeRows(200);
    const lines = await logLines();
    expect(offsetsIn(lines)).toEqual(eachOnce(ends));
    expect(new Set(versionsOf(lines)).size).toBe(lines.length);
    linesBefore = lines;
  });

  step('leaves files that everybody may write, in folders that everybody may write', async () => {
    const log = join(logsFolder, 'consumer_1', 'consumer_log.json');
    const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
    for (const folder of [stateFolder, logsFolder, dirname(log)]) expect(await modeOf(folder)).toBe('777');
    for (const file of [join(stateFolder, STATE_FILE), log]) expect(await modeOf(file)).toBe('666');
  });

  step('goes on after `down` and `up` where it stopped', async () => {
    await compose('down', '--timeout', '30');
    await start();
    await assignment(CONSUMERS);
    const ends = await changeRows(100);
    const lines = await logLines();
    const texts = new Set(lines.map(({ text }) => text));
    expect(linesBefore.filter(({ text }) => !texts.has(text))).toEqual([]);
    expect(offsetsIn(lines)).toEqual(eachOnce(ends));
    expect(new Set(versionsOf(lines)).size).toBe(lines.length);
    expect(await readdir(stateFolder)).toEqual([STATE_FILE]);
  });

  step('gives the partitions of a consumer that is gone to the others', async () => {
    await start('--scale', 'updater=0', '--scale', 'consumer_5=0');
    const four = CONSUMERS.slice(0, 4);
    expect(Object.keys(await assignment(four))).toEqual(four);
    await compose('run', '--rm', '-T', 'updater', 'update', 'products', '--rate', '0', '--count', '100');
    const ends = await drained();
    expect(offsetsIn(await logLines())).toEqual(eachOnce(ends));
  });

  step('publishes all rows again when a person of any uid sets the state file back', async () => {
    const before = await logLines();
    const products = new Set(before.map(({ id }) => id)).size;
    const asSomebody = process.getuid?.() === 0 ? { uid: 54_321, gid: 54_321 } : {};
    const file = join(stateFolder, STATE_FILE);
    await promisify(execFile)('sh', ['-c', `echo '{"last_read_timestamp": null}' >"$0"`, file], asSomebody);
    await eventually('all rows are published again', async () =>
      (await logLines()).length >= before.length + products ? true : undefined,
    );
    const ends = await drained();
    const lines = await logLines();
    expect(lines).toHaveLength(before.length + products);
    expect(offsetsIn(lines)).toEqual(eachOnce(ends));
  });

  step('starts from the beginning after `down -v`, and keeps the old state and logs under another name', async () => {
    const old = new Set((await logLines()).map(({ text }) => text));
    await compose('down', '--volumes', '--timeout', '30');
    await start();
    await eventually('the first seed rows are in the new logs', async () => {
      const lines = await logLines();
      return lines.length >= SEEDS && lines.every(({ text }) => !old.has(text)) ? true : undefined;
    });
    await compose('stop', 'updater');
    const ends = await drained();
    const lines = await logLines();
    expect(offsetsIn(lines)).toEqual(eachOnce(ends));
    expect(new Set(lines.map(({ id }) => id)).size).toBeGreaterThanOrEqual(SEEDS);
    expect((await readdir(stateFolder)).filter((name) => name.startsWith(`${STATE_FILE}.`))).toHaveLength(1);
    const setAside = (await readdir(join(logsFolder, 'consumer_1'))).filter((name) => name.startsWith('consumer_log.json.'));
    expect(setAside).not.toEqual([]);
  });
});
