import { doubtAbout } from '../../../src/captures/polling/doubt.js';
import { silentLog } from '../../support/silent-log.js';

const [EARLY, LATE, NOW] = ['2026-11-21 10:00:00.000000', '2026-11-21 10:00:01.000000', '2026-11-21 12:00:00.000000'];
const HOUR_MS = 3_600_000;

const doubtAt = (time: { ms: number }) => {
  const errors: unknown[] = [];
  const log = { ...silentLog, error: (facts: unknown) => void errors.push(facts) };
  return { doubt: doubtAbout({ table: 't', log }, () => time.ms), errors };
};

describe('a doubt', () => {
  it('reaches back to the earliest time that was named, until a horizon vouches for it', () => {
    const { doubt } = doubtAt({ ms: 0 });
    expect(doubt.from()).toBeNull();
    for (const time of [LATE, EARLY, null, LATE]) doubt.reachesBackTo(time);
    expect(doubt.from()).toBe(EARLY);
    doubt.over();
    expect(doubt.from()).toBeNull();
  });

  it('is given up after an hour, with an error that says which rows and what to do', () => {
    const time = { ms: 5 };
    const { doubt, errors } = doubtAt(time);
    doubt.reachesBackTo(LATE);
    time.ms += HOUR_MS - 1;
    doubt.reachesBackTo(EARLY);
    doubt.giveUpWhenOld(NOW);
    expect([doubt.from(), errors]).toEqual([EARLY, []]);
    time.ms += 1;
    doubt.giveUpWhenOld(NOW);
    doubt.giveUpWhenOld(NOW);
    expect(doubt.from()).toBeNull();
    expect(errors).toEqual([{ table: 't', from: EARLY, to: NOW, fix: expect.stringContaining(`--from '${EARLY}'`) }]);
  });
});
