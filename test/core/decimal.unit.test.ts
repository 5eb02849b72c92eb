import fc from 'fast-check';
import { decimalOf, decimalText, lessPercent, rescale } from '../../src/core/decimal.js';

describe('decimals', () => {
  it.each(['0', '100.50', '-0.05', '99999999.99', '-123456789012345678901234567890.123456789012345678901234567890'])(
    'keep %s as it is',
    (text) => {
      expect(decimalText(decimalOf(text))).toBe(text);
    },
  );

  it('come back from any text with any scale', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 0, max: 30 }), (unscaled, scale) => {
        expect(decimalOf(decimalText({ unscaled, scale }))).toEqual({ unscaled, scale });
      }),
    );
  });

  it('are what they say as texts, so that a key made of a record is that made of the row', () => {
    const price = decimalOf('100.50');
    expect([price, rescale(price, 1), lessPercent(price, 20)].map(String)).toEqual(['100.50', '100.5', '80.40']);
  });

  it.each(['', 'abc', '1e5', '1.', '.5', '--1', '1,5', 'NaN'])('refuse %p', (text) => {
    expect(() => decimalOf(text)).toThrow(RangeError);
  });

  it.each([
    ['100.50', 20, '80.40'],
    ['0.03', 20, '0.02'],
    ['0.02', 20, '0.02'],
    ['0.01', 20, '0.01'],
    ['19.99', 20, '15.99'],
    ['99999999.99', 20, '79999999.99'],
    ['0.05', 50, '0.03'],
    ['-0.05', 50, '-0.03'],
  ])('%s less %d percent is %s, half-up', (price, percent, expected) => {
    expect(decimalText(lessPercent(decimalOf(price), percent))).toBe(expected);
  });

  it('round to the nearest, at most half a unit away, for every price', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 9_999_999_999n }), (unscaled) => {
        const exact = unscaled * 80n;
        const difference = lessPercent({ unscaled, scale: 2 }, 20).unscaled * 100n - exact;
        expect(difference > -50n && difference <= 50n).toBe(true);
      }),
    );
  });

  it('change their scale half-up', () => {
    expect(decimalText(rescale(decimalOf('1.005'), 2))).toBe('1.01');
    expect(decimalText(rescale(decimalOf('-1.005'), 2))).toBe('-1.01');
    expect(decimalText(rescale(decimalOf('1'), 2))).toBe('1.00');
  });
});
