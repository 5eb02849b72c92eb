import fc from 'fast-check';
import { places, quotaOf } from '../../src/app/spread.js';

describe('the quotas of producers', () => {
  it('together are the number of feeds, and no two differ by more than one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 64 }), (feeds, members) => {
        const quotas = Array.from({ length: members }, (_, rank) => quotaOf(feeds, { members, rank }));
        expect(quotas.reduce((sum, quota) => sum + quota, 0)).toBe(feeds);
        expect(Math.max(...quotas) - Math.min(...quotas)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the places of a producer', () => {
  it('are none before its quota is known, and as many as that afterwards', () => {
    const { enter, setQuota } = places();
    expect(enter()).toBeUndefined();
    setQuota(2);
    expect([enter(), enter(), enter()].map((place) => place !== undefined)).toEqual([true, true, false]);
  });

  it('are free again when they are left', () => {
    const { enter, setQuota } = places();
    setQuota(1);
    enter()?.leave();
    expect(enter()).toBeDefined();
    expect(enter()).toBeUndefined();
  });

  it('are asked back, the newest first, when the quota shrinks; until they are left nobody else enters', () => {
    const { enter, setQuota } = places();
    setQuota(3);
    const held = [enter(), enter(), enter()];
    setQuota(1);
    expect(held.map((place) => place?.giveUp.aborted)).toEqual([false, true, true]);
    held[2]?.leave();
    expect(enter()).toBeUndefined();
    setQuota(2);
    expect(enter()).toBeUndefined();
    held[1]?.leave();
    expect(enter()).toBeDefined();
  });
});
