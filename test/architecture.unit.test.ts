import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';

const root = join(__dirname, '..', 'src');

/** Ranks from the inside out: a file imports from lower ranks, or from its own folder, and never from a sibling of its rank. */
const RANKS: readonly (readonly string[])[] = [
  ['core'],
  ['package-root.ts', 'settings.ts', 'stdout.ts'],
  ['adapters/avro', 'adapters/files', 'adapters/json', 'adapters/kafka', 'adapters/mysql', 'engines'],
  ['captures', 'generators', 'transforms', 'sinks'],
  ['pipelines'],
  ['config.ts', 'lifecycle.ts', 'log.ts', 'output.ts', 'parent.ts', 'explain.ts'],
  ['feed-settings.ts'],
  ['app'],
  ['commands'],
  ['cli.ts'],
  ['main.ts'],
];

const IMPORT = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;

type Import = Readonly<{ file: string; from: string }>;

const sourceFiles = (): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

const importsOf = (file: string): Import[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)].map((match) => {
    const from = match[1] as string;
    return {
      file,
      from: from.startsWith('.')
        ? relative(root, normalize(join(root, dirname(file), from)))
            .split(sep)
            .join('/')
        : from,
    };
  });

/** The rank of a file and the unit it belongs to: two units of one rank are siblings. */
const placeOf = (path: string): { rank: number; unit: string } | undefined => {
  const file = path.replace(/\.js$/, '.ts');
  for (const [rank, units] of RANKS.entries()) {
    const unit = units.find((name) => file === name || file.startsWith(`${name}/`));
    if (unit === undefined) continue;
    // Plug-ins are siblings of each other: captures/polling and captures/binlog, sinks/json-log and sinks/console.
    const plugIn = ['captures', 'generators', 'transforms', 'sinks', 'pipelines'].includes(unit);
    return { rank, unit: plugIn ? file.split('/').slice(0, 2).join('/') : unit };
  }
  return undefined;
};

const complaint = ({ file, from }: Import): string | undefined => {
  const own = placeOf(file);
  if (own === undefined) return `${file} has no place in the order of imports`;
  const outside = from.startsWith('node:') || (!/[./]/.test(from[0] ?? '') && placeOf(from) === undefined);
  if (outside) return own.rank === 0 ? `${file} imports ${from}: core imports no package and no node:` : undefined;
  const target = placeOf(from);
  if (target === undefined) return `${file} imports ${from}, which has no place in the order of imports`;
  if (target.unit === own.unit) return undefined;
  if (target.rank > own.rank) return `${file} imports ${from}, which lies further out`;
  return target.rank === own.rank && own.unit !== 'app' ? `${file} imports its sibling ${from}` : undefined;
};

describe('imports', () => {
  const imports = sourceFiles().flatMap(importsOf);

  it('are found at all', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it('flow one way', () => {
    expect(imports.map(complaint).filter((found) => found !== undefined)).toEqual([]);
  });

  it.each([
    ['core/feed.ts', 'node:fs', /no node:/],
    ['core/feed.ts', 'kafkajs', /no package/],
    ['core/feed.ts', 'adapters/kafka/client.js', /further out/],
    ['adapters/kafka/client.ts', 'adapters/mysql/connect.js', /sibling/],
    ['sinks/json-log/index.ts', 'transforms/discount.js', /sibling/],
    ['sinks/json-log/index.ts', 'pipelines/products/index.js', /further out/],
    ['app/feeds.ts', 'commands/up.js', /further out/],
    ['stray.ts', 'core/feed.js', /no place/],
  ])('would be refused: %s from %s', (file, from, expected) => {
    expect(complaint({ file, from })).toMatch(expected);
  });
});

describe('the environment and the exit', () => {
  const holding = (pattern: RegExp): string[] =>
    sourceFiles().filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));

  it('is read in config.ts only', () => {
    expect(holding(/process\.env\b/)).toEqual(['config.ts']);
  });

  it('is left through main.ts only', () => {
    expect(holding(/process\.exit\b/).filter((file) => file !== 'engines/supervisor.ts')).toEqual(['main.ts']);
  });

  it('has one error class', () => {
    expect(holding(/^export (abstract )?class |^class /m)).toEqual(['core/errors.ts']);
  });
});

describe('files', () => {
  it('are small', () => {
    const long = sourceFiles().filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 170);
    expect(long).toEqual([]);
  });
});
