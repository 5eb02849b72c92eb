import { recordTimestamp } from '../../src/app/record-timestamp.js';
import { BridgeError } from '../../src/core/errors.js';
import { failureOf } from '../contracts/failure.js';
import { memoryBroker } from '../support/memory-broker.js';

const failing = (code: string) => {
  const { reader } = memoryBroker(1);
  const fail = async () => Promise.reject(new BridgeError({ code, kind: 'transient', found: '', fix: '' }));
  return recordTimestamp({ ...reader, endOffsets: fail });
};

describe('the timestamp of a record', () => {
  it('is that of the record at this offset, or there is none beyond the end', async () => {
    const broker = memoryBroker(1);
    await broker.publish('items', [{ partition: 0, records: [{ key: null, value: null }] }]);
    const read = recordTimestamp(broker.reader);
    expect(await read('items', 0, 0n)).toEqual({ kind: 'found', timestamp: broker.records('items', 0)[0]?.timestamp });
    expect(await read('items', 0, 1n)).toEqual({ kind: 'beyond' });
  });

  it('is beyond in a topic that is missing, so that a worker recognises another life', async () => {
    expect(await failing('TOPIC_MISSING')('items', 0, 0n)).toEqual({ kind: 'beyond' });
  });

  it('is waited for while the broker is away', async () => {
    expect(await failureOf(() => failing('KAFKA_UNAVAILABLE')('items', 0, 0n))).toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
  });
});
