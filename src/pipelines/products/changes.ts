import { type Decimal, decimalOf, decimalText, lessPercent } from '../../core/decimal.js';
import { between, oneOf, type Random } from '../../core/random.js';
import type { SeedRow } from './seed-rows.js';

/** A row by the order of its making: a seed row's place in the file, then one number for each new row. */
export type RowNumber = number;

export type RowChange =
  | Readonly<{ kind: 'price'; row: RowNumber; price: string }>
  | Readonly<{ kind: 'category'; row: RowNumber; category: string }>
  | Readonly<{
      kind: 'insert';
      row: RowNumber;
      name: string;
      category: string;
      price: string /** A row that no change is about any more. */;
      forgets?: RowNumber;
    }>;

/** What is committed together. `atOnce`: all rows by one statement, so that all of them get the same timestamp. */
export type Change = Readonly<{ rows: readonly RowChange[]; atOnce: boolean }>;

type Row = { number: RowNumber; name: string; category: string; price: Decimal };

const MIN_PRICE = decimalOf('0.50');
const MAX_PRICE = decimalOf('99999.99');
/** New rows beyond this take the place of older new ones: memory stays bounded however long it runs. */
const REMEMBERED_NEW_ROWS = 5_000;
const TRANSACTION_ROWS = { from: 10, to: 50 };
const VARIANTS = ['Classic', 'Compact', 'Premium', 'Travel', 'Recycled', 'Professional', 'Junior', 'Limited'];

/** Moves a price by some percent: always to another price, within the limits, exact to the cent. */
export const movedPrice = (price: Decimal, percent: number): Decimal => {
  const moved = lessPercent(price, -percent);
  if (moved.unscaled > MAX_PRICE.unscaled) return lessPercent(price, 30);
  const raised = moved.unscaled < MIN_PRICE.unscaled ? MIN_PRICE : moved;
  return raised.unscaled === price.unscaled ? { ...price, unscaled: price.unscaled + 1n } : raised;
};

const percentOf = (random: Random): number => between(random, 1, 25) * (random() < 0.5 ? -1 : 1);

const newPrice = (row: Row, percent: number): RowChange => {
  row.price = movedPrice(row.price, percent);
  return { kind: 'price', row: row.number, price: decimalText(row.price) };
};

const newCategory = (random: Random, row: Row, categories: readonly string[]): RowChange => {
  const others = categories.filter((category) => category !== row.category);
  if (others.length === 0) return newPrice(row, percentOf(random));
  row.category = oneOf(random, others);
  return { kind: 'category', row: row.number, category: row.category };
};

/** As many different rows as wanted and there are, in the order of their making: fewer deadlocks. */
const someOf = (random: Random, rows: readonly Row[], wanted: number): readonly Row[] => {
  const chosen = new Set<Row>();
  while (chosen.size < Math.min(wanted, rows.length)) chosen.add(oneOf(random, rows));
  return [...chosen].sort((a, b) => a.number - b.number);
};

/**
 * An endless row of changes to products, the same for the same seed rows and the same random numbers:
 * two thirds new prices, the rest new categories and new rows, and about one in twenty a transaction over 10-50 rows.
 */
export function* productChanges(seedRows: readonly SeedRow[], random: Random): Generator<Change, never> {
  const rows: Row[] = seedRows.map(({ name, category, price }, number) => ({ number, name, category, price: decimalOf(price) }));
  const categories = [...new Set(rows.map(({ category }) => category))];
  const originals = [...rows];
  let made = rows.length;
  const newRow = (): RowChange => {
    const like = oneOf(random, originals);
    const name = `${oneOf(random, VARIANTS)} ${like.name}`.slice(0, 100);
    const row: Row = { number: made, name, category: like.category, price: movedPrice(like.price, percentOf(random)) };
    const place = seedRows.length + ((made - seedRows.length) % REMEMBERED_NEW_ROWS);
    const forgets = rows[place]?.number;
    rows[place] = row;
    made += 1;
    const change = { kind: 'insert', row: row.number, name, category: row.category, price: decimalText(row.price) } as const;
    return forgets === undefined ? change : { ...change, forgets };
  };
  const one = (change: RowChange): Change => ({ rows: [change], atOnce: false });
  for (;;) {
    const kind = random();
    if (kind < 0.05) {
      const percent = percentOf(random);
      const chosen = someOf(random, rows, between(random, TRANSACTION_ROWS.from, TRANSACTION_ROWS.to));
      yield { rows: chosen.map((row) => newPrice(row, percent)), atOnce: random() < 0.5 };
    } else if (kind < 0.7) yield one(newPrice(oneOf(random, rows), percentOf(random)));
    else if (kind < 0.85) yield one(newCategory(random, oneOf(random, rows), categories));
    else yield one(newRow());
  }
}
