import { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import { outputTo } from '../src/output.js';

/** A terminal of some width as far as an output needs one: lines, and what overwrites them. */
const terminal = (changes: Partial<{ isTTY: boolean; columns: number; colours: boolean }> = {}) => {
  const { isTTY = true, columns = 40, colours = true } = changes;
  let text = '';
  const stream = {
    isTTY,
    columns,
    hasColors: () => colours,
    write(chunk: string, done?: () => void): boolean {
      text += chunk;
      done?.();
      return true;
    },
  } as unknown as Parameters<typeof outputTo>[0];
  /** What a person sees: each line, and the one that the cursor is in. */
  const screen = (): string[] => text.split('\n').map((line) => stripVTControlCharacters(line.split('\r\u001b[K').at(-1) ?? ''));
  return { output: outputTo(stream), screen, text: () => text };
};

describe('an output to a terminal', () => {
  it('keeps a line below all others', async () => {
    const { output, screen } = terminal();
    await output.lines(['one']);
    output.status('1 event');
    expect(screen()).toEqual(['one', '1 event']);
    await output.lines(['two', 'three']);
    expect(screen()).toEqual(['one', 'two', 'three', '1 event']);
    output.status('3 events');
    expect(screen()).toEqual(['one', 'two', 'three', '3 events']);
    await output.lines(['four']);
    expect(screen()).toEqual(['one', 'two', 'three', 'four', '3 events']);
  });

  it('takes that line away again', async () => {
    const { output, screen } = terminal();
    output.status('1 event');
    output.status('');
    await output.lines(['the end']);
    expect(screen()).toEqual(['the end', '']);
  });

  it('writes nothing for no lines', async () => {
    const { output, text } = terminal();
    await output.lines([]);
    expect(text()).toBe('');
  });

  it.each([10, 40, 200])('cuts that line, and no other, to a width of %d', async (columns) => {
    const { output, screen } = terminal({ columns });
    const long = 'abcdefghij'.repeat(30);
    output.status(long);
    expect(screen()).toEqual([`${long.slice(0, columns - 2)}…`]);
    await output.lines([long]);
    expect(screen()).toEqual([long, `${long.slice(0, columns - 2)}…`]);
  });

  it('leaves a line that just fits as it is', () => {
    const { output, screen } = terminal({ columns: 10 });
    output.status('123456789');
    expect(screen()).toEqual(['123456789']);
    output.status('1234567890');
    expect(screen()).toEqual(['12345678…']);
  });

  it('does not count colours as letters', () => {
    const { output, text } = terminal({ columns: 10 });
    const painted = output.paint('cyan', '12345678');
    output.status(painted);
    expect(text()).toContain(painted);
  });

  it('takes 80 columns where the terminal does not tell its width', () => {
    const { output, screen } = terminal({ columns: 0 });
    output.status('x'.repeat(100));
    expect(screen()).toEqual([`${'x'.repeat(78)}…`]);
  });

  it('paints, unless it has no colours or nobody wants them', () => {
    expect(terminal().output.paint('red', 'stop')).toBe('\u001b[31mstop\u001b[39m');
    expect(terminal({ colours: false }).output.paint('red', 'stop')).toBe('stop');
  });
});

describe('an output that is no terminal', () => {
  it('has lines only: no status, no colours', async () => {
    const { output, text } = terminal({ isTTY: false });
    expect(output.canOverwrite).toBe(false);
    output.status('1 event');
    await output.lines([output.paint('green', 'one'), 'two']);
    output.status('2 events');
    await output.lines(['three']);
    expect(text()).toBe('one\ntwo\nthree\n');
  });
});

describe('NO_COLOR', () => {
  it.each([
    [{ TERM: 'xterm-256color' }, '\u001b[32mgo\u001b[39m'],
    [{ TERM: 'xterm-256color', NO_COLOR: '1' }, 'go'],
    [{ TERM: 'dumb' }, 'go'],
  ])('is honoured, as Node reads it: %j', (environment, expected) => {
    const { getColorDepth, hasColors } = WriteStream.prototype;
    const real = { getColorDepth, hasColors: () => hasColors.call(real as unknown as WriteStream, 16, environment) };
    const stream = { ...real, isTTY: true, columns: 80, write: () => true };
    expect(outputTo(stream as unknown as Parameters<typeof outputTo>[0]).paint('green', 'go')).toBe(expected);
  });
});

describe('lines that are not written', () => {
  it.each([
    ['EPIPE', 'OUTPUT_CLOSED'],
    ['ENOSPC', 'OUTPUT_FAILED'],
  ])('do not count as shown: %s', async (errno, code) => {
    const error = Object.assign(new Error(`${errno}: no`), { code: errno });
    const stream = { isTTY: false, write: (_: string, done: (error: Error) => void) => void done(error) };
    const showing = outputTo(stream as unknown as Parameters<typeof outputTo>[0]).lines(['one']);
    await expect(showing).rejects.toMatchObject({ code, kind: 'environment' });
  });
});
