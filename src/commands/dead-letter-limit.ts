import type { DeadLetterLimit } from '../core/dead-letters.js';
import { numberOption, type Options, optionInvalid } from './command.js';

/** The options that make a role halt when too much goes to the dead letters. */
export const DEAD_LETTER_OPTIONS = [
  [
    '--max-dead-letters <n>',
    'halt with exit 1 when more records than this go to the dead letters in a window (default: no limit)',
  ],
  ['--dead-letter-window <seconds>', 'the length of that window (default 60)'],
] as const;

const DEFAULT_WINDOW_SECONDS = 60;

/** Undefined where a person sets no limit. @throws BridgeError `configuration` */
export const deadLetterLimit = (options: Options): DeadLetterLimit | undefined => {
  const most = numberOption(options, 'max-dead-letters', { whole: true });
  const windowSeconds = numberOption(options, 'dead-letter-window');
  if (windowSeconds === 0) throw optionInvalid('--dead-letter-window was given 0.', 'Give a number of seconds above 0.');
  if (most === undefined && windowSeconds !== undefined)
    throw optionInvalid('--dead-letter-window was given without --max-dead-letters.', 'Give both, or neither.');
  return most === undefined ? undefined : { most, windowSeconds: windowSeconds ?? DEFAULT_WINDOW_SECONDS };
};
