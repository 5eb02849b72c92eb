import { BridgeError, messageOf } from './core/errors.js';

const paint = (on: boolean, code: number, text: string): string => (on ? `\u001b[${code}m${text}\u001b[0m` : text);

/** What a person reads when a command fails: the code, what was found, what to do. No stack trace unless it is a defect of ours. */
export const explain = (error: unknown, colours: boolean): string => {
  if (error instanceof BridgeError) {
    const fix = error.fix === '' ? '' : `  ${error.fix}\n`;
    return `${paint(colours, 31, `error ${error.code}`)}: ${error.found}\n${fix}`;
  }
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return `${paint(colours, 31, 'error UNEXPECTED')}: ${messageOf(error)}\n  This is a defect of rowbridge. Please report it with these lines:\n${stack}\n`;
};
