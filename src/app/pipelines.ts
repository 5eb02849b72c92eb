import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BridgeError } from '../core/errors.js';
import type { Pipeline } from '../core/pipeline.js';
import { nearest } from './nearest.js';

const directory = join(dirname(fileURLToPath(import.meta.url)), '..', 'pipelines');

/** The names of all pipelines: the folders under `pipelines/`. */
export const pipelineNames = (): string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => ['index.js', 'index.ts'].some((file) => existsSync(join(directory, name, file))))
    .sort();

/** @throws BridgeError `configuration` with the nearest name when there is no such pipeline */
export const loadPipeline = async (name: string): Promise<Pipeline> => {
  const names = pipelineNames();
  if (!names.includes(name))
    throw new BridgeError({
      code: 'PIPELINE_UNKNOWN',
      kind: 'configuration',
      found: `There is no pipeline '${name}'.`,
      fix: `${nearest(name, names)}The pipelines are: ${names.join(', ')}.`,
    });
  const module = (await import(`../pipelines/${name}/index.js`)) as { default: Pipeline };
  return module.default;
};
