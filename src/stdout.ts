import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { BridgeError, messageOf } from './core/errors.js';

/** The code of the error that says that whoever read stdout has gone (`| head`): nobody is left to be told. */
export const OUTPUT_CLOSED = 'OUTPUT_CLOSED';

/** What an error of stdout means. */
export const outputError = (cause: Error): BridgeError =>
  (cause as NodeJS.ErrnoException).code === 'EPIPE'
    ? new BridgeError({ code: OUTPUT_CLOSED, kind: 'environment', found: 'Whoever read stdout has gone.', fix: '', cause })
    : new BridgeError({
        code: 'OUTPUT_FAILED',
        kind: 'environment',
        found: `Cannot write to stdout: ${messageOf(cause)}.`,
        fix: 'Make room where it goes, and run the command again: a worker begins with what was not written whole.',
        cause,
      });

/** A file as a stream that writes all of a text or fails; Node's own takes a part for all of it where the disk becomes full. */
export const wholeFile = (write: (bytes: Buffer) => number): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        for (let rest = chunk; rest.length > 0; ) {
          const written = write(rest);
          if (written === 0) throw new Error('the system takes no more bytes');
          rest = rest.subarray(written);
        }
      } catch (error) {
        done(error as Error);
        return;
      }
      done();
    },
  });

export type Stream = Pick<NodeJS.WriteStream, 'write' | 'on'> &
  Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'hasColors'>>;

export type Stdout = Readonly<{
  stream: Stream;
  /** Why something that was written until now has not arrived; undefined where all has. */
  failure(): Promise<BridgeError | undefined>;
}>;

const STDOUT = 1;

export const streamOfStdout = (): Stream =>
  fstatSync(STDOUT).isFile() ? (wholeFile((bytes) => writeSync(STDOUT, bytes)) as unknown as Stream) : process.stdout;

/** Keeps the first error of a stream, and calls when it comes. */
export const watched = (stream: Stream, onFailure: () => void): Stdout => {
  let first: BridgeError | undefined;
  const failed = (error: Error): void => {
    first ??= outputError(error);
    onFailure();
  };
  stream.on('error', failed);
  return {
    stream,
    failure: () =>
      new Promise((resolve) => {
        stream.write('', (error) => {
          if (error) failed(error);
          resolve(first);
        });
      }),
  };
};
