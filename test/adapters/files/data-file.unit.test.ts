import { join } from 'node:path';
import { z } from 'zod';
import { readDataFile } from '../../../src/adapters/files/data-file.js';
import { failureOf } from '../../contracts/failure.js';
import { dataDirectories } from '../../generators/first-events.js';

const cities = z.array(z.strictObject({ name: z.string(), roads: z.array(z.string()).min(1) })).min(1);
const EXPECTED = 'a list of cities such as {"name": "Lille", "roads": ["A1"]}';
const lille = { name: 'Lille', roads: ['A1'] };

describe('a data file', () => {
  const withFiles = dataDirectories();

  const read = (content: unknown) => readDataFile(join(withFiles({ 'cities.json': content }), 'cities.json'), cities, EXPECTED);
  const refusal = async (content: unknown) => {
    const path = join(withFiles({ 'cities.json': content }), 'cities.json');
    const error = await failureOf(() => readDataFile(path, cities, EXPECTED));
    expect(error).toMatchObject({ code: 'DATA_FILE_INVALID', kind: 'configuration', fix: `It must hold ${EXPECTED}.` });
    expect(error.found).toContain(`The data file ${path} cannot be used: `);
    expect(error.found).not.toContain('\n');
    return error.found.slice(error.found.indexOf('used: ') + 'used: '.length);
  };

  it('gives what it holds', async () => {
    expect(await read([lille])).toEqual([lille]);
  });

  it('may begin with the mark that some editors put there', async () => {
    expect(await read(`\ufeff${JSON.stringify([lille])}`)).toEqual([lille]);
  });

  it('is named when it is missing', async () => {
    const path = join(withFiles({}), 'cities.json');
    const error = await failureOf(() => readDataFile(path, cities, EXPECTED));
    expect(error).toMatchObject({ code: 'DATA_FILE_INVALID', kind: 'configuration' });
    expect(error.message).toContain(path);
    expect(error.message).toContain('ENOENT');
    expect(error.message).toContain(EXPECTED);
  });

  it.each([
    ['is empty', '', 1],
    ['has no end', `[\n${JSON.stringify(lille)},\n`, 3],
    ['has a word without quotes', '[\n{\n"name": Lille\n}\n]\n', 3],
    ['has a comma too many', '[\n{ "name": "Lille",\n"roads": ["A1"],\n}\n]', 4],
    ['has no comma', `[\n${JSON.stringify(lille)}\n${JSON.stringify(lille)}\n]`, 3],
    ['has a text without its end', '[\n{ "name": "Lille,\n"roads": [] }\n]', 2],
    ['has a wrong escape', '[\n"\\x"\n]', 2],
    ['goes on behind its end', '[]\n\n\n]', 4],
    ['has such a fault far below', `[\n${'"A1",\n'.repeat(200)}A1\n]`, 202],
  ])('that %s is refused with the line', async (_, text, line) => {
    expect(await refusal(text)).toMatch(new RegExp(`^line ${line}: `));
  });

  it.each([
    ['no list', lille, 'the whole file: '],
    ['nothing in it', [], 'the whole file: '],
    ['a field less', [lille, { name: 'Paris' }], '1.roads: '],
    ['another type', [{ name: 5, roads: ['A1'] }], '0.name: '],
    ['a wrong one among many', [lille, { name: 'Paris', roads: ['A1', null] }], '1.roads.1: '],
    ['a field more', [{ ...lille, extra: 1 }], '0: '],
  ])('with %s is refused with the place', async (_, content, place) => {
    expect((await refusal(content)).startsWith(place)).toBe(true);
  });
});
