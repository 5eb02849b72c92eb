import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decimalOf, lessPercent } from '../../src/core/decimal.js';
import { readSeedRows } from '../../src/pipelines/products/seed-rows.js';

const path = join(__dirname, '../../db/seeds/products.json');

describe('db/seeds/products.json', () => {
  it('holds 50 products with the ids 1 to 50 and names of their own', async () => {
    const rows = await readSeedRows(path);
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
    expect(new Set(rows.map(({ name }) => name)).size).toBe(50);
  });

  it('has ten products in each of five categories', async () => {
    const counts: Record<string, number> = {};
    for (const { category } of await readSeedRows(path)) counts[category] = (counts[category] ?? 0) + 1;
    expect(counts).toEqual({ cat_1: 10, cat_2: 10, cat_3: 10, cat_4: 10, cat_5: 10 });
  });

  it('has prices as text, some of which have no whole cents at a discount of 20 %', async () => {
    expect(await readFile(path, 'utf8')).toContain('"price": "100.50"');
    const rows = (await readSeedRows(path)).filter(({ category }) => category === 'cat_5');
    const rounded = rows.filter(
      ({ price }) => lessPercent(decimalOf(price), 20).unscaled * 100n !== decimalOf(price).unscaled * 80n,
    );
    expect(rounded.length).toBeGreaterThan(2);
    expect(rounded.length).toBeLessThan(10);
  });
});
