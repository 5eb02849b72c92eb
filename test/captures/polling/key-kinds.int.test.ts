import { type TableFeedWorld, tableFeedWorld } from '../../support/table-feed.js';

let world: TableFeedWorld;
afterEach(async () => world.close());

const NUMBERS = Array.from({ length: 35 }, (_, n) => n + 1);
const two = (n: number) => String(n).padStart(2, '0');

describe('a key whose decoded form is another than the server prints, with many rows of one time', () => {
  it.each<[string, (n: number) => string]>([
    ['BIGINT UNSIGNED', (n) => `18446744073709551${500 + n}`],
    ['DECIMAL(10,2) UNSIGNED ZEROFILL', (n) => `${n}.50`],
    ['DATETIME', (n) => `'2026-11-21 01:22:${two(n)}'`],
    ['TIMESTAMP(3)', (n) => `'2026-11-21 01:22:${two(n)}.001'`],
    // By their bytes '10' comes before '2'; their hexadecimal has digits only.
    ['VARBINARY(20)', (n) => `'${n}'`],
  ])('%s: loses and repeats nothing when it ends between acknowledgement and save', async (id, literal) => {
    world = await tableFeedWorld('n INT NOT NULL', { id });
    await world.sql(`INSERT INTO ${world.table} (id, n) VALUES ${NUMBERS.map((n) => `(${literal(n)}, ${n})`).join(', ')}`);
    expect(await world.sql(`SELECT DISTINCT last_updated FROM ${world.table}`)).toHaveLength(1);
    await world.tornOff('after-ack', 2);
    const again = world.start();
    await world.records(NUMBERS.length);
    await world.sql(`INSERT INTO ${world.table} (id, n) VALUES (${literal(36)}, 36)`);
    const found = await world.records(NUMBERS.length + 1);
    await again.stop();
    expect(found.map(({ n }) => Number(n)).sort((a, b) => a - b)).toEqual([...NUMBERS, 36]);
  });
});
