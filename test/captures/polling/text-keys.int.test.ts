import { type TableFeedWorld, tableFeedWorld } from '../../support/table-feed.js';

let world: TableFeedWorld;
afterEach(async () => world.close());

describe('a table whose key is a text, with many rows of one time', () => {
  // Pages hold ten rows: one of small letters, one of capitals, and so on. By their bytes all capitals would come first.
  const KEYS = Array.from({ length: 35 }, (_, n) => `${Math.floor(n / 10) % 2 === 0 ? 'k' : 'K'}${String(n).padStart(2, '0')}`);

  it.each([
    ['after-save', 1],
    ['after-save', 2],
    ['after-ack', 3],
    ['before-publish', 4],
  ])('loses and repeats nothing when it ends at %s %i', async (marker, occurrence) => {
    world = await tableFeedWorld('name VARCHAR(20) NULL', { id: 'VARCHAR(20) CHARACTER SET utf8mb4' });
    await world.sql(`INSERT INTO ${world.table} (id) VALUES ${KEYS.map((key) => `('${key}')`).join(', ')}`);
    expect(await world.sql(`SELECT DISTINCT last_updated FROM ${world.table}`)).toHaveLength(1);
    await world.tornOff(marker, occurrence);
    const again = world.start();
    await world.records(KEYS.length);
    await world.sql(`INSERT INTO ${world.table} (id) VALUES ('last')`);
    const found = await world.records(KEYS.length + 1);
    await again.stop();
    expect(found.map(({ id }) => id).sort()).toEqual([...KEYS, 'last'].sort());
  });
});
