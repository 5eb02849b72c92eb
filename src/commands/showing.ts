import type { Showing } from '../app/workers.js';
import { type Context, numberOption, type Options, valueInvalid } from './command.js';

/** The options that say what a worker reads and how it shows it. */
export const SHOWING_OPTIONS = [
  ['--from <end>', "'beginning' or 'latest': begin there, whatever the group has read (default: where it stopped)"],
  ['--max <n>', 'end after this many results'],
  ['--where <field=text>', 'only values with this text in this field'],
  ['--every <n>', 'show numbers after this many values'],
  ['--json', 'show one JSON object a line'],
] as const;

const beginning = ({ from }: Options): Pick<Showing, 'from'> => {
  if (typeof from !== 'string') return {};
  if (from !== 'beginning' && from !== 'latest') throw valueInvalid('from', from, "'beginning' or 'latest'");
  return { from };
};

const filter = ({ where }: Options): Pick<Showing, 'where'> => {
  if (typeof where !== 'string') return {};
  const at = where.indexOf('=');
  if (at < 1) throw valueInvalid('where', where, 'a field and its text, such as player=Alice');
  return { where: { field: where.slice(0, at), text: where.slice(at + 1) } };
};

/** @throws BridgeError `configuration` */
export const showingOf = ({ output }: Pick<Context, 'output'>, options: Options): Showing => {
  const max = numberOption(options, 'max', { whole: true });
  const every = numberOption(options, 'every', { whole: true });
  if (every === 0) throw valueInvalid('every', '0', 'a whole number of 1 or more');
  return {
    output,
    json: options.json === true,
    ...beginning(options),
    ...filter(options),
    ...(max === undefined ? {} : { max }),
    ...(every === undefined ? {} : { every }),
  };
};
