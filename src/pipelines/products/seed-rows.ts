import { join } from 'node:path';
import { z } from 'zod';
import { readDataFile } from '../../adapters/files/data-file.js';
import { packageRoot } from '../../package-root.js';

export const SEED_FILE = join(packageRoot, 'db', 'seeds', 'products.json');

/** A row of db/seeds/products.json. The price is text, so that it stays the decimal number that was written. */
export type SeedRow = Readonly<{ id: number; name: string; category: string; price: string }>;

const EXPECTED = 'a list of { "id": 1, "name": "Kettle", "category": "cat_1", "price": "100.50" } with different ids';

const row = z.strictObject({
  id: z.int().min(1).max(4_294_967_295),
  name: z.string().min(1).max(100),
  category: z.string().min(1).max(50),
  price: z
    .string()
    .regex(/^\d{1,8}\.\d{2}$/, 'must be text with two decimals, such as "100.50"')
    .refine((price) => Number(price) > 0, 'must be more than 0'),
});

const rows = z
  .array(row)
  .min(1)
  .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'has an id twice');

/** @throws BridgeError `configuration` with the path, the first fault and what is expected */
export const readSeedRows = (path: string): Promise<readonly SeedRow[]> => readDataFile(path, rows, EXPECTED);
