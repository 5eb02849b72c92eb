import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { GeneratorParts, GeneratorSource } from '../../src/core/pipeline.js';

/** The data files that are shipped. */
export const DATA = join(__dirname, '../../data');

/** A clock that starts at 2025-12-20T11:45:25.964046Z and goes on by a second and a microsecond at each look. */
export const START_MICROS = 1_766_231_125_964_046;
const ticking = (): (() => number) => {
  let looks = 0;
  return () => START_MICROS + 1_000_001 * looks++;
};

/** The first events of a run. */
export const firstEvents = async <T>(source: GeneratorSource<T>, count: number, parts: Partial<GeneratorParts> = {}) => {
  const run = await source.open({ seed: 'demo', dataDirectory: DATA, order: 'random', nowMicros: ticking(), ...parts });
  return Array.from({ length: count }, () => run.next().value);
};

/** Makes data directories with the given files; all of them go away after the tests. */
export const dataDirectories = (): ((files: Readonly<Record<string, unknown>>) => string) => {
  const made: string[] = [];
  afterAll(() => {
    for (const directory of made) rmSync(directory, { recursive: true });
  });
  return (files) => {
    const directory = mkdtempSync(join(tmpdir(), 'rowbridge-data-'));
    made.push(directory);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return directory;
  };
};
