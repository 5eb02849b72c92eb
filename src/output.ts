import { stripVTControlCharacters, styleText } from 'node:util';
import type { Output } from './core/output.js';
import { outputError, type Stream } from './stdout.js';

const ERASE_LINE = '\r\u001b[K';

/** Cut to the width of the terminal, where it tells one: a line that wraps cannot be overwritten. */
const fitting = (line: string, told: number | undefined): string => {
  const columns = told || 80;
  const plain = stripVTControlCharacters(line);
  return plain.length < columns ? line : `${plain.slice(0, Math.max(0, columns - 2))}…`;
};

/** A stream as a place to show lines. Colours only on a terminal, and not where NO_COLOR is set. */
export const outputTo = (stream: Stream): Output => {
  const canOverwrite = stream.isTTY === true;
  const colours = canOverwrite && stream.hasColors?.() === true;
  let kept = '';
  const erased = (): string => (kept === '' ? '' : ERASE_LINE);
  return {
    canOverwrite,
    lines: (lines) =>
      new Promise((resolve, reject) => {
        if (lines.length === 0) resolve();
        else
          stream.write(`${erased()}${lines.join('\n')}\n${kept}`, (error) => {
            if (error) reject(outputError(error));
            else resolve();
          });
      }),
    status(line) {
      if (!canOverwrite) return;
      const shown = fitting(line, stream.columns);
      stream.write(`${erased()}${shown}`);
      kept = shown;
    },
    paint: (colour, text) => (colours ? styleText(colour, text, { validateStream: false }) : text),
  };
};
