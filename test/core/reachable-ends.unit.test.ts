import { reachableEnds } from '../../src/core/reachable-ends.js';
import { memoryBroker } from '../support/memory-broker.js';

const record = { key: null, value: Buffer.from('x') };
const signal = new AbortController().signal;

describe('where a topic ends for workers, with all that is acknowledged', () => {
  it('is told when the transaction that holds records back has ended; not before', async () => {
    const { reader, publish, begin } = memoryBroker(1);
    await publish('t', [{ partition: 0, records: [record] }]);
    const reaching = { reader, topic: 't', signal };
    expect(await reachableEnds({ ...reaching, waitMs: 0 })).toEqual(new Map([[0, 1n]]));
    const transaction = begin('t', 0);
    await transaction.send([record]);
    await publish('t', [{ partition: 0, records: [record] }]);
    expect(await reachableEnds({ ...reaching, waitMs: 0 })).toBeUndefined();
    expect(await reachableEnds({ ...reaching, waitMs: 60_000, signal: AbortSignal.abort() })).toBeUndefined();
    const waiting = reachableEnds({ ...reaching, waitMs: 60_000 });
    await transaction.abort();
    expect(await waiting).toEqual(new Map([[0, 4n]]));
  });

  it('does not wait for transactions that began later', async () => {
    const { reader, publish, begin } = memoryBroker(1);
    await publish('t', [{ partition: 0, records: [record] }]);
    let looks = 0;
    const endOffsets: typeof reader.endOffsets = async (topic, reading) => {
      if (++looks === 2) await begin('t', 0).send([record]);
      return reader.endOffsets(topic, reading);
    };
    expect(await reachableEnds({ reader: { ...reader, endOffsets }, topic: 't', waitMs: 0, signal })).toEqual(new Map([[0, 1n]]));
  });
});
