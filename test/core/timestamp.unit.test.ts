import fc from 'fast-check';
import {
  canonicalTimestamp,
  isCanonicalForm,
  microsOf,
  printedTimestamp,
  sameButForTimes,
  shiftTimestamp,
  timestampOf,
} from '../../src/core/timestamp.js';

describe('timestamps', () => {
  it.each([
    ['2026-11-21 01:22:33', '2026-11-21 01:22:33.000000'],
    ['2026-11-21T01:22:33Z', '2026-11-21 01:22:33.000000'],
    ['2026-11-21 01:22:33.1', '2026-11-21 01:22:33.100000'],
    ['2026-11-21T01:22:33.123456Z', '2026-11-21 01:22:33.123456'],
    ['9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalTimestamp(text)).toBe(canonical);
  });

  it.each([
    '',
    'yesterday',
    '2026-11-21',
    '2026-02-30 00:00:00',
    '2026-11-21 25:00:00',
    '2026-11-21 01:22:33+02:00',
    '2026-11-21 01:22:33.1234567',
    '1795224885',
  ])('refuses %p', (text) => {
    expect(canonicalTimestamp(text)).toBeUndefined();
  });

  it('keep every microsecond of four digit years', () => {
    const [first, last] = [microsOf('0001-01-01 00:00:00.000000'), microsOf('9999-12-31 23:59:59.999999')];
    fc.assert(
      fc.property(fc.bigInt({ min: first, max: last }), (micros) => {
        expect(microsOf(timestampOf(micros))).toBe(micros);
      }),
    );
  });

  it('compare as texts in time order', () => {
    const [first, last] = [microsOf('0001-01-01 00:00:00.000000'), microsOf('9999-12-31 23:59:59.999999')];
    const instant = fc.bigInt({ min: first, max: last });
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        expect(timestampOf(a) < timestampOf(b)).toBe(a < b);
      }),
    );
  });

  it.each([
    ['0000-00-00 00:00:00', '0000-00-00 00:00:00.000000'],
    ['2026-02-31 10:00:00.5', '2026-02-31 10:00:00.500000'],
    ['0000-00-00 00:00:00.000000', '0000-00-00 00:00:00.000000'],
  ])('of days that do not exist, %s, have their form from the server alone', (text, canonical) => {
    expect(printedTimestamp(text)).toBe(canonical);
    expect([isCanonicalForm(canonical), canonicalTimestamp(text)]).toEqual([true, undefined]);
  });

  it.each(['', 'yesterday', '2026-11-21 01:22:33.1234567'])('%p is no form of one', (text) => {
    expect([isCanonicalForm(text), printedTimestamp(text)]).toEqual([false, text]);
  });

  it('of days that do not exist come, moved at all, after themselves or before, and the zero time before all', () => {
    const two = (number: number) => String(number).padStart(2, '0');
    const day = fc
      .tuple(fc.integer({ min: 0, max: 9998 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 31 }))
      .map(([year, month, date]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`);
    fc.assert(
      fc.property(day, fc.constantFrom('00:00:00.000000', '23:59:59.999999'), (date, time) => {
        const text = `${date} ${time}`;
        expect(shiftTimestamp(text, 1n) > text).toBe(true);
        expect(shiftTimestamp(text, -1n) < text || date.startsWith('0000-0')).toBe(true);
      }),
    );
    const ZERO = '0000-00-00 00:00:00.000000';
    expect([shiftTimestamp(ZERO, -5_000_000n), shiftTimestamp('0000-01-01 00:00:00.000000', -1n)]).toEqual([ZERO, ZERO]);
    expect(shiftTimestamp('2026-02-31 10:00:00.000000', -1n)).toBe('2026-02-28 23:59:59.999999');
  });

  it.each([
    ['7', '7', true],
    ['2026-11-21 01:22:33', '2026-11-21T01:22:33.000000Z', true],
    ['a 2026-11-21 01:22:33.1 b 0000-00-00 00:00:00', 'a 2026-11-21T01:22:33.100000 b 0000-00-00T00:00:00.000000', true],
    ['2026-11-21 01:22:33', '2026-11-21T01:22:34.000000Z', false],
    ['1 2026-11-21 01:22:33', '2 2026-11-21 01:22:33', false],
  ])('%s and %s are one key: %s', (a, b, same) => {
    expect(sameButForTimes(a, b)).toBe(same);
  });

  it('move by microseconds', () => {
    expect(shiftTimestamp('2026-01-01 00:00:00.000000', -1n)).toBe('2025-12-31 23:59:59.999999');
    expect(shiftTimestamp('2026-01-01 00:00:00.990000', 10_000n)).toBe('2026-01-01 00:00:01.000000');
  });
});
