import { watchPartitions } from '../../src/app/watch-partitions.js';
import { rememberingLog } from '../support/silent-log.js';

const topic = { name: 'items', partitions: 3 };

const watched = async (answers: readonly (number | undefined | 'away')[]) => {
  const { log, lines } = rememberingLog();
  const stop = new AbortController();
  let asked = 0;
  await watchPartitions({
    topic,
    log,
    signal: stop.signal,
    everyMs: 1,
    partitionCounts: async () => {
      const answer = answers[asked++];
      if (asked === answers.length) stop.abort();
      if (answer === 'away') throw new Error('away');
      return new Map(answer === undefined ? [] : [['items', answer]]);
    },
  });
  return { asked, lines };
};

describe('the partitions of a topic while a feed runs', () => {
  it('as many as ever: nothing is said', async () => {
    expect(await watched([3, 3, 3])).toEqual({ asked: 3, lines: [] });
  });

  it('a broker that is away, or a topic that is, is no growth', async () => {
    expect(await watched(['away', undefined, 3])).toEqual({ asked: 3, lines: [] });
  });

  it('more of them: said once, with both counts', async () => {
    const { asked, lines } = await watched([3, 5, 5, 5]);
    expect(asked).toBe(2);
    expect(lines).toEqual([
      { level: 'warn', message: expect.stringContaining('keys'), facts: { topic: 'items', partitions: 5, expected: 3 } },
    ]);
  });
});
