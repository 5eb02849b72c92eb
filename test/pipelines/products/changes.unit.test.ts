import { join } from 'node:path';
import fc from 'fast-check';
import { decimalOf, decimalText } from '../../../src/core/decimal.js';
import { seededRandom } from '../../../src/core/random.js';
import { type Change, movedPrice, productChanges } from '../../../src/pipelines/products/changes.js';
import { readSeedRows, type SeedRow } from '../../../src/pipelines/products/seed-rows.js';

const take = (rows: readonly SeedRow[], seed: number | string, count: number): Change[] => {
  const changes = productChanges(rows, seededRandom(seed));
  return Array.from({ length: count }, () => changes.next().value);
};

describe('productChanges', () => {
  let rows: readonly SeedRow[];
  beforeAll(async () => {
    rows = await readSeedRows(join(__dirname, '../../../db/seeds/products.json'));
  });

  it('gives the same changes for the same seed, and others for another', () => {
    expect(take(rows, 7, 500)).toEqual(take(rows, 7, 500));
    expect(take(rows, 7, 500)).toEqual(take(rows, '7', 500));
    expect(take(rows, 'a', 20)).not.toEqual(take(rows, 'b', 20));
  });

  it('changes prices and categories, makes new rows, and now and then a transaction over 10 to 50 rows', () => {
    const changes = take(rows, 1, 4000);
    const many = changes.filter(({ rows: { length } }) => length > 1);
    const share = (kind: string) =>
      changes.filter((change) => change.rows.length === 1 && change.rows[0]?.kind === kind).length / 4000;
    expect(many.length / 4000).toBeCloseTo(0.05, 1);
    expect(share('price')).toBeCloseTo(0.65, 1);
    expect(share('category')).toBeCloseTo(0.15, 1);
    expect(share('insert')).toBeCloseTo(0.15, 1);
    for (const { rows: changed } of many) {
      expect(changed.length).toBeGreaterThanOrEqual(10);
      expect(changed.length).toBeLessThanOrEqual(50);
      expect(new Set(changed.map(({ row }) => row)).size).toBe(changed.length);
    }
    expect(many.some(({ atOnce }) => atOnce) && many.some(({ atOnce }) => !atOnce)).toBe(true);
  });

  it('only ever changes a row to something else, and only rows that are there', () => {
    const now = new Map(rows.map(({ price, category }, number) => [number, { price, category }]));
    const wrong = take(rows, 3, 4000)
      .flatMap((one) => one.rows)
      .filter((change) => {
        const before = now.get(change.row);
        now.set(change.row, { price: '', category: '', ...before, ...change });
        if (change.kind === 'insert') return before !== undefined;
        return change.kind === 'price' ? change.price === before?.price : change.category === before?.category;
      });
    expect(wrong).toEqual([]);
    expect([...now.values()].filter(({ price }) => price === '')).toEqual([]);
  });

  it('keeps every price positive, with two decimals, and within decimal(10,2)', () => {
    const changes = take(rows, 5, 20_000).flatMap((one) => one.rows);
    expect(changes.filter((change) => change.kind !== 'category' && !/^(?!0+\.00)\d{1,8}\.\d{2}$/.test(change.price))).toEqual(
      [],
    );
  });

  it('does without other categories, and with a single row', () => {
    const alone = { id: 1, name: 'Kettle', category: 'cat_1', price: '0.50' };
    const changes = take([alone], 1, 200).flatMap((one) => one.rows);
    expect(changes.some(({ kind }) => kind === 'category')).toBe(false);
  });

  it('remembers a bounded number of new rows, and says which ones it forgets', () => {
    const known = new Set(rows.keys());
    let most = 0;
    for (const change of take(rows, 2, 60_000).flatMap((one) => one.rows)) {
      if (change.kind === 'insert') {
        known.add(change.row);
        if (change.forgets !== undefined) known.delete(change.forgets);
        most = Math.max(most, known.size);
      } else if (!known.has(change.row)) throw new Error(`row ${change.row} was forgotten`);
    }
    expect(most).toBe(5050);
  });
});

describe('movedPrice', () => {
  it('is exact to the cent, half up', () => {
    const moved = (price: string, percent: number) => decimalText(movedPrice(decimalOf(price), percent));
    expect(moved('100.50', 10)).toBe('110.55');
    expect(moved('12.33', -20)).toBe('9.86');
    expect(moved('0.51', -25)).toBe('0.50');
    expect(moved('0.50', -25)).toBe('0.51');
    expect(moved('0.52', 1)).toBe('0.53');
    expect(moved('99999.99', 25)).toBe('69999.99');
    expect(moved('99999999.99', 25)).toBe('69999999.99');
  });

  it('always gives another price that fits the column', () => {
    const price = fc.bigInt({ min: 1n, max: 9_999_999_999n });
    const percent = fc.integer({ min: -25, max: 25 }).filter((value) => value !== 0);
    fc.assert(
      fc.property(price, percent, (unscaled, by) => {
        const moved = movedPrice({ unscaled, scale: 2 }, by);
        expect(moved.scale).toBe(2);
        expect(moved.unscaled).not.toBe(unscaled);
        expect(moved.unscaled > 0n && moved.unscaled <= 9_999_999_999n).toBe(true);
      }),
    );
  });
});
