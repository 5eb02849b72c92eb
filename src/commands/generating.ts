import { type Generating, randomSeed } from '../app/generator-feed.js';
import type { Config } from '../config.js';
import { numberOption, type Options, optionInvalid } from './command.js';

/** The options that say what generators make. */
export const GENERATOR_OPTIONS = [
  ['--rate <n>', 'events a second for each topic (0: as fast as it can)'],
  ['--count <n>', 'end after this many events for each topic'],
  ['--forever', 'no end, where a generator has a count of its own'],
  ['--seed <text>', 'the same seed makes the same events, but for their ids and times'],
  ['--order <how>', "'random' (default) or 'file': how actions are drawn from a data file"],
] as const;

/** @throws BridgeError `configuration` */
export const generatorSettings = ({ generatorSeed }: Config, options: Options): Generating => {
  const rate = numberOption(options, 'rate');
  const count = numberOption(options, 'count', { whole: true });
  const { order = 'random', forever, seed } = options;
  if (order !== 'random' && order !== 'file')
    throw optionInvalid(`--order was given '${String(order)}'.`, "Give 'random' or 'file'.");
  if (forever === true && count !== undefined) throw optionInvalid('--forever and --count were both given.', 'Give one of them.');
  return {
    order,
    seed: typeof seed === 'string' ? seed : (generatorSeed ?? randomSeed()),
    ...(rate === undefined ? {} : { rate }),
    ...(forever === true ? { count: null } : count === undefined ? {} : { count }),
  };
};

/** The options of generators say nothing to a capture. @throws BridgeError `configuration` */
export const refuseGeneratorOptions = (options: Options, name: string): void => {
  const given = ['rate', 'count', 'forever', 'seed', 'order'].find((flag) => options[flag] !== undefined);
  if (given !== undefined)
    throw optionInvalid(`--${given} is for generators of events; '${name}' captures tables.`, 'Leave it out.');
};
