import { endsOfAll } from '../../../src/app/verify/ends-of-all.js';
import { failureOf } from '../../contracts/failure.js';
import { memoryBroker } from '../../support/memory-broker.js';

const records = [{ key: null, value: Buffer.from('x') }];
const signal = new AbortController().signal;

describe('the cutoff of a verification', () => {
  it('is refused while an open transaction of another producer holds records of the feed back', async () => {
    const { reader, publish, begin } = memoryBroker(1);
    const transaction = begin('t', 0);
    await transaction.send(records);
    await publish('t', [{ partition: 0, records }]);
    const of = { reader, topic: 't', waitMs: 0, signal };
    expect(await failureOf(() => endsOfAll(of))).toMatchObject({ code: 'TRANSACTION_OPEN', kind: 'environment' });
    await expect(endsOfAll({ ...of, signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped');
    await transaction.commit();
    expect(await endsOfAll(of)).toEqual(new Map([[0, 3n]]));
  });
});
