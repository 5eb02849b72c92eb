import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.js';
import { BridgeError } from '../core/errors.js';
import type { Pipeline } from '../core/pipeline.js';
import { customised } from './customised.js';
import { nearest } from './nearest.js';

const directory = join(dirname(fileURLToPath(import.meta.url)), '..', 'pipelines');

/** The names of all pipelines: the folders under `pipelines/`. */
export const pipelineNames = (): string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => ['index.js', 'index.ts'].some((file) => existsSync(join(directory, name, file))))
    .sort();

/** One of some named things. @throws BridgeError `configuration` with the nearest name when it is none of them */
export const oneNamed = <T extends Readonly<{ name: string }>>(
  kind: 'pipeline' | 'feed' | 'worker',
  name: string,
  among: readonly T[],
): T => {
  const found = among.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = among.map((one) => one.name);
  throw new BridgeError({
    code: `${kind.toUpperCase()}_UNKNOWN`,
    kind: 'configuration',
    found: `There is no ${kind} '${name}'.`,
    fix: `${nearest(name, names)}The ${kind}s are: ${names.join(', ')}.`,
  });
};

/**
 * A pipeline as the environment wants it.
 * @throws BridgeError `configuration` with the nearest name when there is no such pipeline, or naming a variable that is not valid
 */
export const loadPipeline = async (name: string, config: Config): Promise<Pipeline> => {
  oneNamed(
    'pipeline',
    name,
    pipelineNames().map((one) => ({ name: one })),
  );
  const module = (await import(`../pipelines/${name}/index.js`)) as { default: Pipeline };
  return customised(module.default, config);
};
