import fc from 'fast-check';
import { jsonFault } from '../../../src/adapters/files/json-fault.js';

/** How a text can go wrong at a place of its own, whatever stands around it. */
const STRANGE = ['hello', '#', "'", '01', '\ufeff', '"a\nb"', '\\', 'nul'];

describe('the first fault of a text that is not JSON', () => {
  it.each([
    ['nothing', '', 0],
    ['an object without its end', '{"a":1', 6],
    ['a list without its end', '[1,\n2,\n', 7],
    ['a word that is none', '{\n"a": hello\n}', 7],
    ['no value', '{"a":}', 5],
    ['a comma too many', '[1,\n2,,\n3]', 6],
    ['a comma at the end of a list', '[1,\n]', 4],
    ['a comma at the end of an object', '{"a":1,\n}', 8],
    ['a comma at first', '[\n{,', 3],
    ['no comma', '[\n"Alice"\n"Bob"]', 10],
    ['no colon', '{"a" 1}', 5],
    ['a key that is no text', '{1:2}', 1],
    ['another bracket', '[1}', 2],
    ['a bracket too many', '[]]', 2],
    ['more behind it', '{}\n{}', 3],
    ['a text without its end', '[\n"abc', 2],
    ['a text over two lines', '[1,\n"a\nb"]', 4],
    ['an escape that is none', '["a",\n"\\x"]', 6],
    ['a number that is none', '[\n01]', 2],
    ['a comment', '[1, // one\n2]', 4],
    ['a mark at the beginning', '\ufeff[]', 0],
  ])('is found: %s', (_, text, at) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(jsonFault(text)).toBe(at);
  });

  it('is where something strange was put, in any JSON', () => {
    const places = fc.tuple(fc.jsonValue(), fc.nat(), fc.constantFrom(...STRANGE));
    fc.assert(
      fc.property(places, ([value, nth, strange]) => {
        const lines = JSON.stringify([value, 'end'], null, 1).split('\n');
        const at = nth % (lines.length + 1);
        const text = [...lines.slice(0, at), strange, ...lines.slice(at)].join('\n');
        const before = lines.slice(0, at).join('\n').length + (at === 0 ? 0 : 1);
        expect(jsonFault(text)).toBe(before);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the end where the rest is missing, or the last word that is not whole', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, length) => {
        const whole = JSON.stringify([value]);
        const piece = whole.slice(0, length % whole.length);
        const fault = jsonFault(piece);
        expect(piece.slice(fault)).toMatch(/^("[^\n]*|[^\s{}[\],:"]*)$/);
      }),
    );
  });
});
