import { endMarks } from '../../src/core/marks.js';
import { compareItems } from '../support/memory-feed.js';

const at = (second: number) => ({ at: String(1000 + second) });
const ends = (offset: number) => new Map([[0, BigInt(offset)]]);

describe('marks of how far a topic reached', () => {
  it('give the offsets of the last moment at or before a position', () => {
    const marks = endMarks(ends(5), compareItems);
    marks.add(at(1), ends(10));
    marks.add(at(3), ends(30));
    expect([marks.upTo(at(0)), marks.upTo(at(1)), marks.upTo(at(2)), marks.upTo(at(9))]).toEqual([
      ends(5),
      ends(10),
      ends(10),
      ends(30),
    ]);
  });

  it('are thinned out, and never tell of offsets that lie beyond', () => {
    const marks = endMarks(ends(0), compareItems);
    for (let second = 1; second <= 5_000; second++) marks.add(at(second), ends(second));
    for (let second = 0; second <= 5_000; second += 7) {
      const found = Number(marks.upTo(at(second)).get(0));
      expect(found).toBeLessThanOrEqual(second);
      if (second > 4_990) expect(found).toBeGreaterThan(second - 200);
    }
  });
});
