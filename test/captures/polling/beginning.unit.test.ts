import type { Query } from '../../../src/adapters/mysql/query.js';
import { beginAgain, missedSince } from '../../../src/captures/polling/beginning.js';
import { clockWatch } from '../../../src/captures/polling/clock.js';
import { timestampOf } from '../../../src/core/timestamp.js';
import { silentLog } from '../../support/silent-log.js';

const at = (second: number): string => timestampOf(BigInt(Math.round(second * 1e6)));

describe('a clock that was set back while nobody looked', () => {
  it.each([
    ['went on as ours did', 1_000, 1_030, 30, null],
    ['is a little behind ours, as clocks are', 1_000, 1_029.9, 30, null],
    ['ran a little slower for a day', 1_000, 1_000 + 86_400 - 20, 86_400, null],
    ['is behind the position', 1_000, 995, 2, 993 - 60],
    ['has passed the position again', 1_000, 1_010, 30, 980 - 60],
    ['is behind the position, and ours was set back with it', 1_000, 995, -5, 995 - 60],
  ])('%s', (_what, position, now, agoSeconds, from) => {
    expect(missedSince(at(position), at(now), agoSeconds * 1000)).toBe(from === null ? null : at(from));
  });

  it('a time that a person wished for is waited for', async () => {
    const times = [at(999.5), at(1_000.5)];
    const query = (async () => [{ now: times.shift() }]) as unknown as Query;
    const from = { after: { timestamp: at(1_000) }, signal: new AbortController().signal };
    expect(await beginAgain(query, { table: 't', log: silentLog }, from, clockWatch())).toBe(null);
    expect(times).toEqual([]);
  });
});
