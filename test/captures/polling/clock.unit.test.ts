import fc from 'fast-check';
import { clockWatch } from '../../../src/captures/polling/clock.js';
import { microsOf, timestampOf } from '../../../src/core/timestamp.js';

const EPOCH = 1_795_000_000_000_000;

/** A reading at a millisecond of ours, of a server's clock that is `ahead` by milliseconds, in an answer that took `tookMs`. */
const reading = (ms: number, ahead: number, tookMs = 1, inside = 0.5) => ({
  now: timestampOf(BigInt(Math.round(EPOCH + (ms + ahead + tookMs * inside) * 1000))),
  askedMs: ms,
  answeredMs: ms + tookMs,
});

const millisOf = (timestamp: string): number => Number(microsOf(timestamp) - BigInt(EPOCH)) / 1000;

describe('watching the clock of a server', () => {
  it.each([20, 50, 150, 3_000, 3_600_000])(
    'sees a step back of %d ms between two looks 200 ms apart, and where it can have stamped',
    (back) => {
      const watch = clockWatch();
      for (let ms = 0; ms <= 1_000; ms += 200) expect(watch(reading(ms, 0))).toBeNull();
      const from = watch(reading(1_200, -back));
      // Right after the look at 1,000 a row can have been stamped with 1,000 less the step.
      expect(from).not.toBeNull();
      expect(millisOf(from as string)).toBeLessThanOrEqual(1_001 - back);
      expect(millisOf(from as string)).toBeGreaterThan(1_000 - back - 100);
      expect(watch(reading(1_400, -back))).toBeNull();
    },
  );

  it('sees a step that a slow answer hides as soon as one is quick, and goes back to before the step', () => {
    const watch = clockWatch();
    for (let ms = 0; ms <= 1_000; ms += 200) watch(reading(ms, 0));
    expect(watch(reading(1_200, -60, 150, 0.9))).toBeNull();
    expect(watch(reading(1_400, -60, 150, 0.9))).toBeNull();
    const from = watch(reading(1_600, -60));
    expect(millisOf(from as string)).toBeLessThanOrEqual(1_000 - 60 + 1);
  });

  it('takes no step forward, no slewing and no slow answer for a step back', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            gap: fc.integer({ min: 10, max: 500 }),
            took: fc.integer({ min: 1, max: 300 }),
            inside: fc.double({ min: 0, max: 1, noNaN: true }),
            forward: fc.constantFrom(0, 0, 0, 40, 5_000),
          }),
          { maxLength: 60 },
        ),
        fc.double({ min: -0.005, max: 0.005, noNaN: true }),
        (looks, rate) => {
          const watch = clockWatch();
          let [ms, ahead] = [0, 0];
          for (const { gap, took, inside, forward } of looks) {
            ms += gap;
            ahead += forward + gap * rate;
            expect(watch(reading(ms, ahead, took, inside))).toBeNull();
            ms += took;
            ahead += took * rate;
          }
        },
      ),
    );
  });

  it('misses no step of more than what an answer takes, wherever between two looks it falls', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30, max: 100_000 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 30 }),
        (back, took, when) => {
          const watch = clockWatch();
          let rewound: string | null = null;
          for (let look = 0; look < 40; look++) {
            const stepped = look > when;
            const found = watch(reading(look * 210, stepped ? -back : 0, took));
            if (found !== null) {
              expect(stepped).toBe(true);
              rewound ??= found;
            }
          }
          expect(rewound).not.toBeNull();
          expect(millisOf(rewound as string)).toBeLessThanOrEqual(when * 210 + took - back);
        },
      ),
    );
  });
});
