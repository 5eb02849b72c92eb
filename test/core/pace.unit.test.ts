import { pace } from '../../src/core/pace.js';

describe('pace', () => {
  const never = new AbortController().signal;

  afterEach(() => jest.useRealTimers());

  /** The times, in milliseconds, at which turns come when each takes `workMs`. */
  const turns = async (perSecond: number, count: number, workMs: (turn: number) => number) => {
    jest.useFakeTimers();
    const begun = Date.now();
    const turn = pace(perSecond, never, () => Date.now());
    const at: number[] = [];
    for (let n = 0; n < count; n++) {
      const waiting = turn();
      await jest.advanceTimersToNextTimerAsync();
      await waiting;
      at.push(Date.now() - begun);
      jest.setSystemTime(Date.now() + workMs(n));
    }
    return at;
  };

  it('gives a turn at once, and then so many a second', async () => {
    expect(await turns(2, 4, () => 0)).toEqual([0, 500, 1000, 1500]);
  });

  it('does not let the work between turns slow it down', async () => {
    expect(await turns(2, 4, () => 100)).toEqual([0, 500, 1000, 1500]);
  });

  it('makes up for a second at the most after an outage', async () => {
    expect(await turns(2, 7, (n) => (n === 1 ? 60_000 : 0))).toEqual([0, 500, 60_500, 60_500, 60_500, 61_000, 61_500]);
  });

  it('does not wait at rate 0', async () => {
    const turn = pace(0, never);
    for (let n = 0; n < 1000; n++) expect(await turn()).toBe(true);
  });

  it('gives up at once when the signal aborts', async () => {
    for (const rate of [0, 0.001]) {
      const stop = new AbortController();
      const turn = pace(rate, stop.signal);
      expect(await turn()).toBe(true);
      const waiting = rate === 0 ? undefined : turn();
      stop.abort();
      if (waiting !== undefined) expect(await waiting).toBe(false);
      expect(await turn()).toBe(false);
      expect(await pace(rate, stop.signal)()).toBe(false);
    }
  });
});
