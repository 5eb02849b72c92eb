import type { OutgoingRecord } from '../../src/core/broker.js';
import { deadLetters } from '../../src/core/dead-letters.js';
import { BridgeError } from '../../src/core/errors.js';
import { runWorker } from '../../src/core/worker.js';
import { failureOf } from '../contracts/failure.js';
import { memoryBroker } from '../support/memory-broker.js';
import { items, jsonCodec } from '../support/memory-feed.js';
import { memoryGroup } from '../support/memory-subscribe.js';
import { silentLog } from '../support/silent-log.js';

const letter = (reason = 'It is bad.'): OutgoingRecord => ({
  key: null,
  value: Buffer.from('x'),
  headers: { 'rowbridge.reason': reason },
});
const many = (count: number): OutgoingRecord[] => Array.from({ length: count }, () => letter());

describe('dead letters', () => {
  it('are without a limit unless one is set', async () => {
    const broker = memoryBroker(1);
    const write = deadLetters(broker.publish);
    await write('items', many(10_000));
    await write('items', []);
    expect(broker.all('items.dead-letter')).toHaveLength(10_000);
  });

  it('halt when there are more than the limit within the window, and none of those too many is written', async () => {
    const broker = memoryBroker(1);
    let nowMs = 0;
    const write = deadLetters(broker.publish, { most: 3, windowSeconds: 60 }, () => nowMs);
    await write('items', many(2));
    nowMs = 59_999;
    await write('items', many(1));
    expect(await failureOf(() => write('items', [letter('the last one')]))).toMatchObject({
      code: 'TOO_MANY_DEAD_LETTERS',
      kind: 'integrity',
      found: "4 records of 'items' within 60 s could not be handled, the limit is 3. The last: the last one",
    });
    expect(broker.all('items.dead-letter')).toHaveLength(3);
    nowMs = 60_000;
    await write('items', many(2));
    expect(broker.all('items.dead-letter')).toHaveLength(5);
  });

  it('count once when their writing is tried again', async () => {
    let broken = true;
    const publish = async () => {
      if (broken) throw new BridgeError({ code: 'X', kind: 'transient', found: '', fix: '' });
      return new Map();
    };
    const write = deadLetters(publish, { most: 2, windowSeconds: 60 }, () => 0);
    expect(await failureOf(() => write('items', many(2)))).toMatchObject({ code: 'X' });
    broken = false;
    await write('items', many(2));
  });
});

describe('a worker with bad records', () => {
  const run = async (most: number | undefined, write = async (): Promise<void> => {}) => {
    const broker = memoryBroker(1);
    const values = ['{"id":1,"at":"1"}', 'poison', 'poison', '{"id":2,"at":"2"}'];
    await broker.publish('items', [{ partition: 0, records: values.map((value) => ({ key: null, value: Buffer.from(value) })) }]);
    const group = memoryGroup(broker, 'items', 1);
    const limit = most === undefined ? undefined : { most, windowSeconds: 60 };
    const running = runWorker({
      group: 'g',
      instance: 'one',
      topics: [items],
      transform: (value) => [value],
      sink: { write },
      codec: {
        open: async (topic) => {
          const codec = await jsonCodec.open(topic);
          return {
            ...codec,
            decode: (bytes) => {
              if (bytes.toString() !== 'poison') return codec.decode(bytes);
              throw new BridgeError({ code: 'DECODE_FAILED', kind: 'record', found: 'Poison.', fix: '' });
            },
          };
        },
      },
      subscribe: group.subscribe,
      publish: broker.publish,
      deadLetters: deadLetters(broker.publish, limit),
      rewind: async () => {},
      log: silentLog,
      signal: new AbortController().signal,
    });
    return { error: await running.catch((error: unknown) => error), broker, group };
  };

  it('halts above the limit: nothing of the batch is written, and nothing committed', async () => {
    let written = 0;
    const { error, broker, group } = await run(1, async () => void written++);
    expect(error).toMatchObject({ code: 'TOO_MANY_DEAD_LETTERS' });
    expect([written, group.committed.size, broker.all('items.dead-letter').length]).toEqual([0, 0, 0]);
  });

  it('goes on up to the limit', async () => {
    const { error, broker, group } = await run(2);
    expect([error, group.committed.get(0), broker.all('items.dead-letter').length]).toEqual([undefined, 4n, 2]);
  });

  it('writes them once, also when the write to the sink is tried again', async () => {
    let tries = 0;
    const { error, broker } = await run(2, async () => {
      if (++tries < 3) throw new BridgeError({ code: 'FULL', kind: 'transient', found: '', fix: '' });
    });
    expect([error, tries, broker.all('items.dead-letter').length]).toEqual([undefined, 3, 2]);
  });
});
