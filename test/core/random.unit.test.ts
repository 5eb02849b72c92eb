import { between, oneOf, seededRandom } from '../../src/core/random.js';

describe('seededRandom', () => {
  it('gives the same numbers for the same seed on every machine', () => {
    const random = seededRandom('rowbridge');
    expect(Array.from({ length: 3 }, () => Math.floor(random() * 1000))).toMatchInlineSnapshot(`
[
  688,
  381,
  52,
]
`);
  });

  it('spreads its numbers over [0, 1)', () => {
    const random = seededRandom(1);
    const tenths = new Array<number>(10).fill(0);
    for (let n = 0; n < 100_000; n++) {
      const tenth = Math.floor(random() * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(tenths).toHaveLength(10);
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe('between and oneOf', () => {
  it('reach both ends and nothing beyond', () => {
    const random = seededRandom(2);
    const drawn = new Set(Array.from({ length: 1000 }, () => between(random, 3, 6)));
    expect([...drawn].sort()).toEqual([3, 4, 5, 6]);
    expect(new Set(Array.from({ length: 100 }, () => oneOf(random, ['a', 'b'])))).toEqual(new Set(['a', 'b']));
    expect(() => oneOf(random, [])).toThrow(RangeError);
  });
});
