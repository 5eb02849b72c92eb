import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Hands on each line of a stream; a stream that breaks just ends. */
export const readLines = (stream: Readable, onLine: (line: string) => void): void => {
  stream.on('error', () => {});
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
};
