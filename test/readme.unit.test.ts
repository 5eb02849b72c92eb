import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The cells of the rows of the table under a heading. */
const tableUnder = (heading: string): string[][] => {
  const section = README.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((line) =>
    line
      .slice(2, -2)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
};

const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, inner]) => inner as string);

/** `a/{b,c}.int` -> `a/b.int`, `a/c.int`. */
const expanded = (name: string): string[] => {
  const [, before = '', choices = '', after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(name) ?? [];
  return choices === '' ? [name] : choices.split(',').map((choice) => before + choice + after);
};

const under = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));

const TESTS = under('test').filter((path) => path.endsWith('.test.ts'));
const SOURCES = under('src').filter((path) => path.endsWith('.ts'));
const CODE = SOURCES.map((path) => readFileSync(join(ROOT, 'src', path), 'utf8')).join('\n');

const isThere = (name: string): boolean => {
  const parts = name.split('*').map((part) => part.replace(/[.\\/]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('.*')}(\\.fault)?\\.test\\.ts$`);
  return TESTS.some((path) => pattern.test(path));
};

describe('README', () => {
  const promises = tableUnder('What is guaranteed');
  const codes = tableUnder('When something is wrong').flatMap(([cell = '']) => quoted(cell));

  it('has its tables', () => {
    expect(promises.length).toBeGreaterThan(8);
    expect(codes.length).toBeGreaterThan(20);
  });

  it.each(promises.map(([promise = '', , , tests = '']) => [promise, tests]))('names tests that are there: %s', (_, tests) => {
    const names = quoted(tests).flatMap(expanded);
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !isThere(name))).toEqual([]);
  });

  it('names error codes that the program has', () => {
    expect(codes.filter((code) => !new RegExp(`['"]${code}['"]`).test(CODE))).toEqual([]);
  });

  it('names every setting, and none that is not read', () => {
    const settings = readFileSync(join(ROOT, 'src', 'settings.ts'), 'utf8');
    const read = [...settings.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name as string);
    const told = tableUnder('Configuration').flatMap(([cell = '']) => quoted(cell));
    expect(read.filter((name) => !name.startsWith('ROWBRIDGE_TEST_') && !told.includes(name))).toEqual([]);
    expect(told.filter((name) => !name.includes('<') && !`${CODE}`.includes(name))).toEqual([]);
  });
});
