import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const MOST_BYTES = 32_768;
const MOST_COLUMNS = 300;
/** Where in a program something happened; what happened stands above. */
const STACK_FRAME = /^\s+(at |\.\.\. \d+ more)/;

/** The last lines of a file without stack frames, long ones cut; empty when it cannot be read. */
export const logTail = (file: string, lines = 12): string => {
  try {
    const fd = openSync(file, 'r');
    try {
      const size = fstatSync(fd).size;
      const bytes = Buffer.alloc(Math.min(size, MOST_BYTES));
      readSync(fd, bytes, 0, bytes.length, size - bytes.length);
      const all = bytes
        .toString('utf8')
        .trimEnd()
        .split(/\r?\n/)
        .filter((line) => !STACK_FRAME.test(line));
      return all
        .slice(-lines)
        .map((line) => line.slice(0, MOST_COLUMNS))
        .join('\n');
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
};
