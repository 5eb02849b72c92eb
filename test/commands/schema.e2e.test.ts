import { readLogs } from '../support/oracle.js';
import { eventually } from '../support/program.js';
import { freshWorld, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await freshWorld('schema');
}, 120_000);
afterAll(async () => world.close());

const check = async () => {
  const { code, stdout } = await world.call(['schema', 'check', '--json']);
  return { code, found: JSON.parse(stdout)[0] };
};
const lineOf = (name: string) =>
  eventually(`a line of ${name}`, 60_000, () => [...readLogs(world.logs).values()].flat().find((line) => line.name === name));

describe('rowbridge schema', () => {
  it('shows and checks what is set up', async () => {
    const shown = await world.call(['schema', 'show']);
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.stdout).fields.map(({ name }: { name: string }) => name)).toEqual([
      ...['id', 'name', 'category', 'price', 'last_updated'],
    ]);
    expect(await check()).toMatchObject({
      code: 0,
      found: { fits: true, notInFile: [], registered: { version: expect.any(Number) } },
    });
    const pulled = await world.call(['schema', 'pull']);
    expect(pulled).toMatchObject({ code: 0, stdout: expect.stringMatching(/holds it already/) });
  });

  it('follows the table: a column added while all runs is in the logs, and one that no longer fits stops the producer', async () => {
    const producer = world.run(['produce', 'products']);
    const worker = world.run(['consume', 'products', '--instance', 'consumer_1']);
    await worker.said('partitions assigned');
    await world.sql('ALTER TABLE products ADD COLUMN `e2e weight` DECIMAL(20,10) NULL, ADD COLUMN e2e_photo BLOB NULL');
    await world.sql(
      "INSERT INTO products (name, category, price, `e2e weight`, e2e_photo) VALUES ('heavy', 'cat_5', 10, 1234567890.0123456789, 0x00ff)",
    );
    const { text } = await lineOf('heavy');
    expect(text).toMatch(
      /"discount_price":8.00,"last_updated":"[^"]+","e2e weight":1234567890.0123456789,"e2e_photo":"AP8=","_kafka"/,
    );

    expect(await check()).toMatchObject({ code: 0, found: { fits: true, notInFile: ['e2e weight', 'e2e_photo'] } });
    const refused = await world.call(['schema', 'pull']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /SCHEMA_FILE_DIFFERS.*'e2e_x20_weight' \(\[null, decimal\(20,10\)\]\) is new; 'e2e_photo'.*\n.*--yes/,
    );

    await world.sql('ALTER TABLE products MODIFY `e2e weight` VARCHAR(30) NULL, MODIFY price DECIMAL(12,4) NOT NULL');
    await world.sql("INSERT INTO products (name, category, price) VALUES ('late', 'cat_1', 1.2345)");
    expect(await producer.ended(30_000)).toBe(2);
    expect(producer.stderr()).toMatch(/SCHEMA_DOES_NOT_FIT_TABLE.*'price' is decimal\(10,2\)/);
    expect(await check()).toMatchObject({
      code: 2,
      found: {
        fits: false,
        differences: {
          table: [expect.stringMatching(/'price'/)],
          registry: [expect.stringMatching(/'price' was decimal\(10,2\)/), expect.stringMatching(/'e2e_x20_weight' was/)],
        },
      },
    });
    expect(await worker.stop()).toBe(0);
    expect([...readLogs(world.logs).values()].flat().some(({ name }) => name === 'late')).toBe(false);
  }, 240_000);

  it('has nothing to show of a pipeline without tables', async () => {
    expect(await world.call(['schema', 'show', 'traffic'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/SCHEMA_WITHOUT_TABLE/),
    });
  });
});
