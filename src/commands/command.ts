import type { Config } from '../config.js';
import { BridgeError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { Output } from '../core/output.js';
import type { Lifecycle } from '../lifecycle.js';

/** What every command is handed. */
export type Context = Readonly<{
  config: Config;
  lifecycle: Lifecycle;
  log: Log;
  /** Writes a line of data to stdout. */
  print(line: string): void;
  /** Stdout as workers show things on it. */
  output: Output;
  /** Ends the process at once. */
  exit(code: number): void;
}>;

export type Options = Readonly<Record<string, string | boolean | undefined>>;

/** One command: its words, its options, and what it does. `run` gives the exit code. */
export type CommandSpec = Readonly<{
  /** Name and arguments in commander's form: `consume <pipeline>`. */
  usage: string;
  summary: string;
  options: readonly (readonly [flags: string, description: string])[];
  examples: readonly string[];
  /** Level of the operations log unless LOG_LEVEL says otherwise. */
  logLevel?: 'info' | 'warn' | 'silent';
  run(context: Context, args: readonly string[], options: Options): Promise<number>;
}>;

/** An option that cannot be meant so. */
export const optionInvalid = (found: string, fix: string): BridgeError =>
  new BridgeError({ code: 'OPTION_INVALID', kind: 'configuration', found, fix });

/** An option with a value of another kind. */
export const valueInvalid = (flag: string, value: string, expected: string): BridgeError =>
  optionInvalid(`--${flag} was given '${value}', which is not ${expected}.`, `Give ${expected}.`);

/** A number option. @throws BridgeError `configuration` */
export const numberOption = (options: Options, flag: string, { whole = false } = {}): number | undefined => {
  const text = options[flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
  if (typeof text !== 'string') return undefined;
  const value = Number(text);
  const expected = whole ? 'a whole number of 0 or more' : 'a number of 0 or more';
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || (whole && !Number.isInteger(value)))
    throw valueInvalid(flag, text, expected);
  return value;
};

/** `--no-wait`: commander sets `wait` to false. */
export const waits = (options: Options): boolean => options.wait !== false;

/** The name of a consumer instance. @throws BridgeError `configuration` */
export const instanceOption = (options: Options): string => {
  const { instance } = options;
  if (typeof instance !== 'string')
    throw new BridgeError({
      code: 'INSTANCE_MISSING',
      kind: 'configuration',
      found: 'This command needs the name of the instance.',
      fix: 'Add --instance consumer_1 (any name of a-z, 0-9, _ and -).',
    });
  if (!/^[a-z0-9_-]+$/.test(instance)) throw valueInvalid('instance', instance, 'a name of a-z, 0-9, _ and -');
  return instance;
};
