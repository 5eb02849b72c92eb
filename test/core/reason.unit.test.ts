import fc from 'fast-check';
import { reasonOf, shortReason } from '../../src/core/reason.js';

const MOST = 2_000;

describe('a reason', () => {
  it('that is short is left as it is', () => {
    expect(reasonOf(new Error('x'.repeat(MOST)))).toBe('x'.repeat(MOST));
    expect(reasonOf('thrown as a text')).toBe('thrown as a text');
  });

  it('that is long is cut, and says how long it was', () => {
    const reason = reasonOf(new Error('x'.repeat(1_200_000)));
    expect(reason).toMatch(/^x{1900,} \.\.\. \(cut, 1200000 characters in all\)$/);
    expect(reason).toHaveLength(MOST);
  });

  it('is cut between two characters, and only once', () => {
    const unit = fc.constantFrom('a', 'é', '日', '🦀');
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1_800, maxLength: 2_400 }), (units) => {
        const reason = shortReason(units.join(''));
        expect(reason.length).toBeLessThanOrEqual(MOST);
        expect(Buffer.from(reason).toString()).toBe(reason);
        expect(shortReason(reason)).toBe(reason);
      }),
      { numRuns: 200 },
    );
  });
});
