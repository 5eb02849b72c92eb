import { PassThrough, Writable } from 'node:stream';
import { outputTo } from '../src/output.js';
import { type Stream, watched, wholeFile } from '../src/stdout.js';

const failure = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });

/** A file whose system takes at most so many bytes at a time, and fails where it has taken enough. */
const disk = (atATime: number, room = Number.POSITIVE_INFINITY) => {
  const taken: Buffer[] = [];
  const size = () => Buffer.concat(taken).length;
  const file = wholeFile((bytes) => {
    if (size() >= room) throw failure('ENOSPC');
    const part = bytes.subarray(0, Math.min(atATime, room - size()));
    taken.push(Buffer.from(part));
    return part.length;
  });
  const stopped = jest.fn();
  const stdout = watched(file as unknown as Stream, stopped);
  return { stdout, output: outputTo(stdout.stream), stopped, text: () => Buffer.concat(taken).toString() };
};

describe('a file as stdout', () => {
  it('takes all of a text, however small the parts are that the system takes', async () => {
    const { stdout, output, stopped, text } = disk(3);
    stdout.stream.write('Orléans\n');
    await output.lines(['one', 'two']);
    expect(text()).toBe('Orléans\none\ntwo\n');
    expect(await stdout.failure()).toBeUndefined();
    expect(stopped).not.toHaveBeenCalled();
  });

  it('has not shown lines of which it took a part', async () => {
    const { stdout, output, stopped, text } = disk(100, 6);
    await output.lines(['one']);
    const told = { code: 'OUTPUT_FAILED', kind: 'environment', found: expect.stringContaining('ENOSPC') };
    await expect(output.lines(['two'])).rejects.toMatchObject(told);
    expect(text()).toBe('one\ntw');
    expect(stopped).toHaveBeenCalled();
    // The first error is the one that says why.
    await expect(output.lines(['three'])).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
    expect(await stdout.failure()).toMatchObject(told);
  });

  it('fails where the system takes nothing', async () => {
    await expect(disk(0).output.lines(['one'])).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
  });
});

describe('the failure of stdout', () => {
  it.each([
    ['EPIPE', 'OUTPUT_CLOSED'],
    ['ENOSPC', 'OUTPUT_FAILED'],
  ])('is known of words that nobody waited for: %s', async (errno, code) => {
    const stopped = jest.fn();
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(failure(errno)) });
    const stdout = watched(stream as unknown as Stream, stopped);
    stdout.stream.write('words');
    expect(await stdout.failure()).toMatchObject({ code });
    expect(stopped).toHaveBeenCalled();
  });

  it('is none where all was taken', async () => {
    expect(await watched(new PassThrough() as unknown as Stream, () => {}).failure()).toBeUndefined();
  });
});
