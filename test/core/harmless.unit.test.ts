import fc from 'fast-check';
import { harmless } from '../../src/core/harmless.js';

/** What can rewrite, hide or turn around what a terminal shows; by code points, apart from the sink's own list. */
const isHarmful = (code: number): boolean =>
  code < 0x20 ||
  (code >= 0x7f && code <= 0x9f) ||
  code === 0x061c ||
  code === 0x200e ||
  code === 0x200f ||
  (code >= 0x202a && code <= 0x202e) ||
  (code >= 0x2066 && code <= 0x2069) ||
  [0x2028, 0x2029, 0x200b, 0xfeff].includes(code);

const harmIn = (text: string): string[] =>
  [...text].filter((char) => isHarmful(char.codePointAt(0) ?? 0)).map((char) => char.codePointAt(0)?.toString(16) ?? '');

const odd = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\u001b[2J', '\r', '\n', '\u202e', '\u2066', '\u009b', '\u007f', '"', '\\', '\ud83d'),
  ),
});

describe('text that is made harmless', () => {
  it('holds no control character and none that turns the direction around', () => {
    fc.assert(
      fc.property(odd, (text) => expect(harmIn(harmless(text))).toEqual([])),
      { numRuns: 2_000 },
    );
  });

  it('has every one of them as its escape', () => {
    for (let code = 0; code <= 0xffff; code++) {
      if (!isHarmful(code)) continue;
      const char = String.fromCharCode(code);
      expect(harmless(`a${char}b`)).toBe(`a\\u${code.toString(16).padStart(4, '0')}b`);
    }
  });

  it('stays the same JSON value', () => {
    fc.assert(
      fc.property(fc.dictionary(odd, odd, { noNullPrototype: true }), (value) => {
        const text = harmless(JSON.stringify(value));
        expect(harmIn(text)).toEqual([]);
        expect(JSON.parse(text)).toEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['plain', 'Zoé', '日本語', '👩‍👩‍👧', 'שלום', 'مرحبا', 'a\u00a0b', '{"a":"\\u001b"}'])('leaves %s as it is', (text) => {
    expect(harmless(text)).toBe(text);
  });
});
