import { hasReadAll, leftToRead, unread } from '../../src/core/unread.js';
import { memoryBroker } from '../support/memory-broker.js';

const offsets = (...all: (number | undefined)[]) =>
  new Map(all.flatMap((offset, partition): [number, bigint][] => (offset === undefined ? [] : [[partition, BigInt(offset)]])));

describe('what a group has left to read', () => {
  it.each<[string, number | undefined, number, number, number]>([
    ['from its committed offset', 3, 0, 10, 7],
    ['from the beginning where it has committed nothing', undefined, 0, 10, 10],
    ['from the first record that is left where retention has removed what it had not read', 3, 8, 10, 2],
    ['and where it has committed nothing', undefined, 8, 10, 2],
    ['nothing of a partition that retention has emptied', undefined, 10, 10, 0],
    ['nor where it has committed before', 3, 10, 10, 0],
    ['nothing of a partition that never held a record', undefined, 0, 0, 0],
    ['nothing where it is at the end', 10, 2, 10, 0],
    ['nothing where it is beyond an end that was chosen before', 12, 2, 10, 0],
    ['nothing below such an end where retention has gone beyond it', 3, 12, 10, 0],
  ])('is counted %s', (_, committed, start, end, left) => {
    const progress = { committed: offsets(committed), starts: offsets(start), ends: offsets(end) };
    expect(unread(progress)).toEqual(offsets(left));
  });

  it('is everything of every partition', () => {
    const progress = { committed: offsets(undefined, 4), starts: offsets(2, 0, 0), ends: offsets(2, 4, 1) };
    expect(unread(progress)).toEqual(offsets(0, 0, 1));
  });

  it('is no mark of a transaction, and nothing that was aborted', async () => {
    const broker = memoryBroker(1);
    const records = ['a', 'b'].map((value) => ({ key: null, value: Buffer.from(value) }));
    const left = async (committed: number) => {
      const progress = { committed: offsets(committed), ends: await broker.reader.endOffsets('t') };
      for await (const one of leftToRead(broker.reader, 't', progress))
        return { ...one, all: await hasReadAll(broker.reader, 't', progress) };
      return undefined;
    };
    const first = broker.begin('t', 0);
    await first.send(records);
    await first.commit();
    expect(await left(0)).toEqual({ partition: 0, left: 3n, all: false });
    expect(await left(2)).toEqual({ partition: 0, left: 0n, all: true });
    const second = broker.begin('t', 0);
    await second.send(records);
    await second.abort();
    expect(await left(2)).toEqual({ partition: 0, left: 0n, all: true });
    await broker.publish('t', [{ partition: 0, records }]);
    expect(await left(2)).toEqual({ partition: 0, left: 6n, all: false });
  });
});
