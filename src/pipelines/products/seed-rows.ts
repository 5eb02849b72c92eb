import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { BridgeError, messageOf } from '../../core/errors.js';

/** A row of db/seeds/products.json. The price is text, so that it stays the decimal number that was written. */
/** The same from `src/pipelines/products` and from `dist/pipelines/products`. */
export const SEED_FILE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'db', 'seeds', 'products.json');

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

const unusable = (path: string, why: string, cause: unknown): BridgeError =>
  new BridgeError({
    code: 'SEED_FILE_INVALID',
    kind: 'configuration',
    found: `The seed file ${path} cannot be used: ${why}.`,
    fix: `It must hold ${EXPECTED}.`,
    cause,
  });

/** @throws BridgeError `configuration` with the path, the first fault and what is expected */
export const readSeedRows = async (path: string): Promise<readonly SeedRow[]> => {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw unusable(path, messageOf(cause), cause);
  }
  const parsed = rows.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? 'the list' : issue.path.join('.');
  throw unusable(path, `${at}: ${issue?.message ?? 'not as expected'}`, parsed.error);
};
