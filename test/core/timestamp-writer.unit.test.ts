import fc from 'fast-check';
import { timestampWriter } from '../../src/core/timestamp-writer.js';

const START_MICROS = Date.parse('2025-12-20T11:45:25.964Z') * 1000 + 46;

describe('timestampWriter', () => {
  it('writes UTC with six digits, whatever the order of the times', () => {
    const write = timestampWriter();
    expect(write(START_MICROS)).toBe('2025-12-20T11:45:25.964046Z');
    expect(write(START_MICROS + 35_953)).toBe('2025-12-20T11:45:25.999999Z');
    expect(write(START_MICROS + 35_954)).toBe('2025-12-20T11:45:26.000000Z');
    expect(write(START_MICROS + 35_955)).toBe('2025-12-20T11:45:26.000001Z');
    expect(write(START_MICROS)).toBe('2025-12-20T11:45:25.964046Z');
    expect(write(0)).toBe('1970-01-01T00:00:00.000000Z');
    expect(timestampWriter('+00:00')(START_MICROS)).toBe('2025-12-20T11:45:25.964046+00:00');
  });

  it('is right at any time', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), { minLength: 1 }), (times) => {
        const write = timestampWriter();
        for (const micros of times) {
          const text = write(micros);
          expect(BigInt(Date.parse(`${text.slice(0, 19)}Z`)) * 1000n + BigInt(text.slice(20, 26))).toBe(BigInt(micros));
        }
      }),
    ));
});
