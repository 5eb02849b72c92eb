import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Config } from '../config.js';
import { BridgeError } from '../core/errors.js';
import type { Pipeline } from '../core/pipeline.js';
import { customised } from './customised.js';
import { nearest } from './nearest.js';

const directory = join(dirname(fileURLToPath(import.meta.url)), '..', 'pipelines');

const foldersWith = (files: readonly string[], place: string): string[] =>
  readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => files.some((file) => existsSync(join(place, name, file))));

/** The names of all pipelines: the folders under `pipelines/`. */
export const pipelineNames = (): string[] => foldersWith(['index.js', 'index.ts'], directory).sort();

const ANOTHER = 'index.mjs';

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
  const { morePipelines: more } = config;
  const others = more === undefined ? [] : foldersWith([ANOTHER], more);
  oneNamed(
    'pipeline',
    name,
    [...pipelineNames(), ...others].map((one) => ({ name: one })),
  );
  const path =
    more !== undefined && others.includes(name) ? pathToFileURL(join(more, name, ANOTHER)).href : `../pipelines/${name}/index.js`;
  const module = (await import(path)) as { default: Pipeline };
  return customised(module.default, config);
};
