import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSeedRows } from '../../../src/pipelines/products/seed-rows.js';

const row = { id: 1, name: 'Kettle', category: 'cat_2', price: '37.95' };

describe('readSeedRows', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-seed-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it.each([
    ['no JSON', '[{', /JSON/],
    ['no list', '{}', /the whole/],
    ['an empty list', '[]', /the whole/],
    ['a price that is a number', JSON.stringify([{ ...row, price: 37.95 }]), /0\.price/],
    [
      'a price with three decimals',
      JSON.stringify([row, { ...row, id: 2, price: '1.005' }]),
      /1\.price: must be text with two decimals/,
    ],
    ['a price of nothing', JSON.stringify([{ ...row, price: '0.00' }]), /must be more than 0/],
    ['a price beyond decimal(10,2)', JSON.stringify([{ ...row, price: '123456789.00' }]), /0\.price/],
    ['an id twice', JSON.stringify([row, row]), /has an id twice/],
    ['an id of 0', JSON.stringify([{ ...row, id: 0 }]), /0\.id/],
    ['a name that is too long', JSON.stringify([{ ...row, name: 'x'.repeat(101) }]), /0\.name/],
    ['an unknown field', JSON.stringify([{ ...row, colour: 'red' }]), /colour/],
  ])('refuses %s, with the path and what is expected', async (name, content, why) => {
    const path = join(directory, `${name}.json`);
    await writeFile(path, content);
    const failure = expect(readSeedRows(path)).rejects;
    await failure.toMatchObject({ code: 'DATA_FILE_INVALID', kind: 'configuration', found: expect.stringContaining(path) });
    await expect(readSeedRows(path)).rejects.toThrow(why);
    await expect(readSeedRows(path)).rejects.toThrow('"price": "100.50"');
  });

  it('refuses a file that is not there', async () => {
    const path = join(directory, 'absent.json');
    await expect(readSeedRows(path)).rejects.toMatchObject({ code: 'DATA_FILE_INVALID', found: expect.stringContaining(path) });
  });

  it('reads what is as expected', async () => {
    const path = join(directory, 'good.json');
    await writeFile(path, JSON.stringify([row]));
    expect(await readSeedRows(path)).toEqual([row]);
  });
});
