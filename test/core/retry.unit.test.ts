import fc from 'fast-check';
import type { Subscribe } from '../../src/core/broker.js';
import { BridgeError, isTransient } from '../../src/core/errors.js';
import { type Judged, judge } from '../../src/core/judge.js';
import { type Retried, type RetryRun, retryDeadLetters } from '../../src/core/retry.js';
import { failureOf } from '../contracts/failure.js';
import { type MemoryBroker, memoryBroker, type PublishFate } from '../support/memory-broker.js';
import { memoryGroup } from '../support/memory-subscribe.js';
import { silentLog } from '../support/silent-log.js';

const LETTERS = 'items.dead-letter';

class Killed extends Error {}

/** A broker whose topic holds good and bad records, and the bad ones as dead letters of a group. */
const world = async (bad: readonly boolean[], fate?: () => PublishFate, group: string | null = 'g') => {
  let publishing: () => PublishFate = () => ({ kind: 'ack' });
  const broker = memoryBroker(2, () => publishing());
  for (const [index, isBad] of bad.entries()) {
    const partition = index % 2;
    const value = Buffer.from(isBad ? `bad ${index}` : `good ${index}`);
    await broker.publish('items', [{ partition, records: [{ key: Buffer.from(String(index)), value }] }]);
    if (!isBad) continue;
    const offset = broker.records('items', partition).length - 1;
    const headers = {
      'rowbridge.reason': 'bad',
      'rowbridge.topic': 'items',
      'rowbridge.partition': String(partition),
      'rowbridge.offset': String(offset),
      ...(group === null ? {} : { 'rowbridge.group': group }),
    };
    await broker.publish(LETTERS, [{ partition: 0, records: [{ key: Buffer.from(String(index)), value, headers }] }]);
  }
  if (fate !== undefined) publishing = fate;
  return { broker, committed: new Map<number, bigint>(), setFate: (next: () => PublishFate) => (publishing = next) };
};

type World = Awaited<ReturnType<typeof world>>;

const retry = async ({ broker, committed }: World, changes: Partial<RetryRun> = {}): Promise<Retried> => {
  const counts: Retried = { retried: 0, already: 0, withoutBytes: 0 };
  await retryDeadLetters(
    {
      topic: 'items',
      committed: async () => committed.get(0) ?? 0n,
      subscribe: memoryGroup(broker, LETTERS, 1, committed).subscribe,
      publish: broker.publish,
      reader: broker.reader,
      log: silentLog,
      signal: new AbortController().signal,
      settleMs: 1,
      ...changes,
    },
    counts,
  );
  return counts;
};

const again = (broker: MemoryBroker): string[] =>
  broker
    .all('items')
    .filter(({ headers }) => headers['rowbridge.retry-of'] !== undefined)
    .map(({ value }) => String(value))
    .sort();

describe('a retry of dead letters', () => {
  it('sends each of them again with its key and bytes, to its partition, and for its group only', async () => {
    const on = await world([false, true, true]);
    expect(await retry(on)).toEqual({ retried: 2, already: 0, withoutBytes: 0 });
    const [record] = on.broker.records('items', 1).slice(-1);
    expect([record?.key?.toString(), record?.value?.toString()]).toEqual(['1', 'bad 1']);
    const headers = Object.fromEntries(Object.entries(record?.headers ?? {}).map(([name, text]) => [name, text.toString()]));
    expect(headers).toEqual({ 'rowbridge.retry-of': '0', 'rowbridge.retry-origin': '1/0', 'rowbridge.retry-group': 'g' });
    const codec = { encode: (value: string) => Buffer.from(value), decode: (bytes: Buffer) => bytes.toString() };
    for (const [group, results] of [
      ['g', 1],
      ['other', 0],
    ] as const) {
      const into: Judged<string> = { results: [], dead: [] };
      const run = { group, transform: (value: string) => [value], log: silentLog };
      await judge(run, codec, { topic: 'items', partition: 1 }, record as never, into);
      expect(into.results).toHaveLength(results);
    }
  });

  it('is done once: another finds nothing to do, and new letters only', async () => {
    const on = await world([true]);
    await retry(on);
    expect(await retry(on)).toEqual({ retried: 0, already: 0, withoutBytes: 0 });
    expect(again(on.broker)).toEqual(['bad 0']);
  });

  it('does so many as are asked for, the oldest first', async () => {
    const on = await world([true, true, true]);
    expect((await retry(on, { max: 2 })).retried).toBe(2);
    expect(again(on.broker)).toEqual(['bad 0', 'bad 1']);
    expect((await retry(on, { max: 2 })).retried).toBe(1);
  });

  it('counts rows that could not be published, of which there are no bytes', async () => {
    const on = await world([true]);
    const headers = { 'rowbridge.reason': 'too large', 'rowbridge.topic': 'items' };
    await on.broker.publish(LETTERS, [{ partition: 0, records: [{ key: Buffer.from('9'), value: Buffer.alloc(0), headers }] }]);
    expect(await retry(on)).toEqual({ retried: 1, already: 0, withoutBytes: 1 });
  });

  it('looks for what was sent only once all replicas have answered: what waits for one of them cannot be seen', async () => {
    const on = await world([true]);
    const asked: string[] = [];
    const { reader } = on.broker;
    const seen: RetryRun['reader'] = {
      ...reader,
      inSyncAnswer: async (topic) => void asked.push(`replicas of ${topic}`),
      endOffsets: async (topic) => {
        asked.push(`ends of ${topic}`);
        return reader.endOffsets(topic);
      },
    };
    await retry(on, { reader: seen });
    expect(asked.filter((what) => what.endsWith(' items'))[0]).toBe('replicas of items');
  });

  it('finds what was sent behind an open transaction of another producer', async () => {
    const on = await world([true, true]);
    for (const partition of [0, 1]) await on.broker.begin('items', partition).send([{ key: null, value: Buffer.from('other') }]);
    const killed = retry(on, {
      onMarker: () => {
        throw new Killed();
      },
    });
    await expect(killed).rejects.toThrow(Killed);
    expect(await retry(on)).toEqual({ retried: 0, already: 2, withoutBytes: 0 });
    expect(again(on.broker)).toEqual(['bad 0', 'bad 1']);
  });

  it('ends behind the last letter, also where only the mark of a transaction comes after it', async () => {
    const on = await world([true]);
    const { reader } = on.broker;
    await on.broker.begin(LETTERS, 0).abort();
    const subscribe: Subscribe = async (subscription) => {
      await memoryGroup(on.broker, LETTERS, 1, on.committed).subscribe(subscription);
      expect(subscription.signal.aborted).toBe(true);
    };
    expect(await reader.endOffsets(LETTERS)).toEqual(
      new Map([
        [0, 2n],
        [1, 0n],
      ]),
    );
    expect(await retry(on, { subscribe })).toEqual({ retried: 1, already: 0, withoutBytes: 0 });
  });

  it('needs a group for letters that name none', async () => {
    const on = await world([true], undefined, null);
    expect(await failureOf(() => retry(on))).toMatchObject({ code: 'RETRY_GROUP_MISSING' });
    expect(again(on.broker)).toEqual([]);
    expect((await retry(on, { group: 'h' })).retried).toBe(1);
  });

  it('is refused while another is under way', async () => {
    const on = await world([true]);
    const subscribe: Subscribe = async ({ onAssigned }) => void (await onAssigned([]));
    expect(await failureOf(() => retry(on, { subscribe }))).toMatchObject({ code: 'RETRY_BUSY', kind: 'environment' });
  });

  it('sends each again exactly once, wherever it is killed or cut off, and however often', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
        fc.array(fc.constantFrom('none', 'before', 'half', 'after-ack', 'killed'), { maxLength: 6 }),
        fc.nat(5),
        async (bad, faults, max) => {
          const on = await world(bad);
          for (const fault of faults) {
            on.setFate(() =>
              fault === 'before'
                ? { kind: 'break', after: 0 }
                : fault === 'half'
                  ? { kind: 'break', after: 2 }
                  : fault === 'after-ack'
                    ? { kind: 'break', after: 100 }
                    : { kind: 'ack' },
            );
            const onMarker = () => {
              if (fault === 'killed') throw new Killed();
            };
            try {
              await retry(on, { onMarker, max: max + 1 });
            } catch (error) {
              if (!(error instanceof Killed) && !isTransient(error)) throw error;
            }
          }
          on.setFate(() => ({ kind: 'ack' }));
          await retry(on);
          const wanted = bad.flatMap((isBad, index) => (isBad ? [`bad ${index}`] : [])).sort();
          expect(again(on.broker)).toEqual(wanted);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  it('passes on what is wrong', async () => {
    const on = await world([true]);
    const publish = async () => Promise.reject(new BridgeError({ code: 'X', kind: 'configuration', found: '', fix: '' }));
    expect(await failureOf(() => retry(on, { publish }))).toMatchObject({ code: 'X' });
    expect(on.committed.size).toBe(0);
  });
});
