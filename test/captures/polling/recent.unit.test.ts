import { recentRows } from '../../../src/captures/polling/recent.js';

describe('recent rows', () => {
  it('know a row by key and timestamp', () => {
    const recent = recentRows();
    recent.add('1', 'a');
    expect([recent.has('1', 'a'), recent.has('1', 'b'), recent.has('2', 'a')]).toEqual([true, false, false]);
    recent.add('1', 'b');
    expect([recent.has('1', 'a'), recent.has('1', 'b')]).toEqual([false, true]);
  });

  it('remember the last ones and forget those long gone', () => {
    const recent = recentRows('', 100);
    for (let n = 0; n < 1000; n++) recent.add(String(n), 'a');
    for (let n = 900; n < 1000; n++) expect(recent.has(String(n), 'a')).toBe(true);
    expect(recent.has('700', 'a')).toBe(false);
  });
});
