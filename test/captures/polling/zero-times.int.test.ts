import { type TableFeedWorld, tableFeedWorld } from '../../support/table-feed.js';

const IDS = Array.from({ length: 35 }, (_, n) => n + 1);

let world: TableFeedWorld;
beforeEach(async () => {
  world = await tableFeedWorld('name VARCHAR(20) NULL');
  await world.sql("SET sql_mode = ''");
}, 60_000);
afterEach(async () => world.close());

const insertZeros = async (): Promise<void> => {
  await world.sql(`INSERT INTO ${world.table} (id, last_updated) VALUES ${IDS.map((id) => `(${id}, 0)`).join(', ')}`);
  expect(await world.sql(`SELECT COUNT(*) n FROM ${world.table} WHERE last_updated = 0`)).toEqual([{ n: '35' }]);
};

describe('a table with rows of the time 0000-00-00 00:00:00', () => {
  it.each([
    ['after-save', 4],
    ['after-ack', 2],
  ])('which is the default: loses and repeats none when it ends at %s %i', async (marker, occurrence) => {
    const column = "last_updated TIMESTAMP(6) NOT NULL DEFAULT '0000-00-00 00:00:00' ON UPDATE CURRENT_TIMESTAMP(6)";
    await world.sql(`ALTER TABLE ${world.table} MODIFY ${column}`);
    await insertZeros();
    await world.tornOff(marker, occurrence);
    const again = world.start();
    await world.records(IDS.length);
    await world.sql(`UPDATE ${world.table} SET name = 'now' WHERE id = 7`);
    const found = await world.records(IDS.length + 1);
    await again.stop();
    expect(found.map(({ id }) => id)).toEqual([...IDS, 7]);
    expect(found[0]).toMatchObject({ last_updated: '0000-00-00 00:00:00.000000' });
  });

  it('where the database stamps every row: they go to the dead letters, and the feed goes on', async () => {
    await insertZeros();
    await world.sql(`INSERT INTO ${world.table} (id) VALUES (50)`);
    const feed = world.start();
    expect(await world.records(1)).toMatchObject([{ id: 50 }]);
    await feed.stop();
    expect(await world.dead()).toBe(IDS.length);
  });
});
