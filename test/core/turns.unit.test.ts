import { turns } from '../../src/core/pace.js';

const never = new AbortController().signal;

describe('turns', () => {
  afterEach(() => jest.useRealTimers());

  /** How many turns come at which millisecond, when each lot takes `workMs`. */
  const lots = async (perSecond: number, most: number, count: number, workMs: (lot: number) => number) => {
    jest.useFakeTimers();
    const begun = Date.now();
    const next = turns(perSecond, never, () => Date.now());
    const come: [at: number, turns: number][] = [];
    for (let lot = 0; lot < count; lot++) {
      const waiting = next(most);
      await jest.advanceTimersToNextTimerAsync();
      const given = await waiting;
      come.push([Date.now() - begun, given]);
      jest.setSystemTime(Date.now() + workMs(lot));
    }
    return come;
  };

  it('come one by one where nothing is late', async () => {
    const come = await lots(4, 5_000, 4, () => 0);
    expect(come).toEqual([
      [0, 1],
      [250, 1],
      [500, 1],
      [750, 1],
    ]);
  });

  it('come together where the work between them takes longer than the gap', async () => {
    const come = await lots(100, 5_000, 4, () => 50);
    expect(come).toEqual([
      [0, 1],
      [50, 5],
      [100, 5],
      [150, 5],
    ]);
  });

  it.each([2, 10, 1_000, 20_000])('make up for one second at the most after a slow server, at %d a second', async (perSecond) => {
    const come = await lots(perSecond, 5_000, 40, (lot) => (lot === 0 ? 60_000 : 0));
    const together = come.filter(([at]) => at === 60_000).reduce((sum, [, given]) => sum + given, 0);
    expect(together).toBeGreaterThanOrEqual(perSecond);
    // A clock of whole milliseconds hides what comes within one.
    expect(together).toBeLessThanOrEqual(1.001 * perSecond + 1);
  });

  it('are never more than are wanted at once, and the others are not forgotten', async () => {
    const come = await lots(1_000, 100, 8, (lot) => (lot === 0 ? 500 : 0));
    expect(come.slice(1, 6)).toEqual(Array(5).fill([500, 100]));
    expect(come.slice(0, 6).reduce((sum, [, given]) => sum + given, 0)).toBe(501);
  });

  it('keep to the rate over a long time, whatever the work takes', async () => {
    const come = await lots(1_000, 5_000, 500, (lot) => (lot * 7) % 90);
    const [last] = come.at(-1) ?? [0];
    const all = come.reduce((sum, [, given]) => sum + given, 0);
    expect(Math.abs(all - (last + 1))).toBeLessThanOrEqual(1);
  });

  it('are as many as are wanted at rate 0, without waiting', async () => {
    const next = turns(0, never);
    for (const most of [1, 17, 5_000]) expect(await next(most)).toBe(most);
  });

  it.each([0, 0.001, 1_000_000])('are none once the signal has aborted, at rate %d', async (rate) => {
    const stop = new AbortController();
    const next = turns(rate, stop.signal);
    expect(await next(3)).toBeGreaterThanOrEqual(1);
    stop.abort();
    expect(await next(3)).toBe(0);
    expect(await turns(rate, stop.signal)(3)).toBe(0);
  });

  it('are none at once where the signal aborts while they are waited for', async () => {
    const stop = new AbortController();
    const next = turns(0.001, stop.signal);
    await next(1);
    const waiting = next(1);
    stop.abort();
    expect(await waiting).toBe(0);
  });
});
