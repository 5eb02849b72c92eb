import type { OutgoingRecord, Reading, TopicReader } from '../../src/core/broker.js';
import type { OpenTransaction } from '../support/memory-broker.js';

/** A broker with a way to write to it, in transactions too. */
export type ReaderPlace = Readonly<{
  reader: TopicReader;
  /** Makes a topic of one partition; gives its name. */
  topic(): Promise<string>;
  publish(topic: string, records: readonly OutgoingRecord[]): Promise<unknown>;
  begin(topic: string): Promise<OpenTransaction>;
}>;

const record = (value: string): OutgoingRecord => ({ key: null, value: Buffer.from(value) });

/** What every reader of topics has to do, where transactions of other producers are in a topic. */
export const topicReaderContract = (kind: string, open: () => Promise<ReaderPlace>): void => {
  describe(`what a topic holds, in ${kind}`, () => {
    let place: ReaderPlace;

    beforeAll(async () => {
      place = await open();
    });

    const newTopic = async () => {
      const topic = await place.topic();
      const end = async (reading: Reading) => (await place.reader.endOffsets(topic, reading)).get(0) ?? 0n;
      const between = async (reading: Reading, from: bigint, to: bigint): Promise<string[]> => {
        const found: string[] = [];
        for await (const records of place.reader.readRange({ topic, partition: 0 }, from, to, reading))
          for (const { offset, value } of records) found.push(`${offset} ${value}`);
        return found;
      };
      const all = async (reading: Reading, from = 0n) => between(reading, from, await end(reading));
      const publish = (...values: string[]) => place.publish(topic, values.map(record));
      const begin = async (...values: string[]) => {
        const transaction = await place.begin(topic);
        await transaction.send(values.map(record));
        return { ...transaction, send: (...more: string[]) => transaction.send(more.map(record)) };
      };
      return { topic, end, between, all, publish, begin };
    };

    it('is the same in both readings where nobody writes in transactions, and what is committed unless said otherwise', async () => {
      const { topic, end, between, all, publish } = await newTopic();
      await publish('a', 'b', 'c');
      for (const reading of ['committed', 'own'] as const) {
        expect([await end(reading), await all(reading)]).toEqual([3n, ['0 a', '1 b', '2 c']]);
        expect([await between(reading, 1n, 2n), await between(reading, 2n, 2n)]).toEqual([['1 b'], []]);
      }
      expect(await place.reader.endOffsets(topic)).toEqual(new Map([[0, 3n]]));
    });

    it('ends for workers before an open transaction, and holds what is our own behind it', async () => {
      const { topic, end, all, publish, begin } = await newTopic();
      await publish('a');
      const transaction = await begin('x', 'y');
      await publish('b');
      await transaction.send('z');
      await publish('c');
      expect([await end('committed'), await all('committed')]).toEqual([1n, ['0 a']]);
      expect([await end('own'), await all('own')]).toEqual([6n, ['0 a', '3 b', '5 c']]);
      expect(await place.reader.endOffsets(topic)).toEqual(new Map([[0, 1n]]));
      await transaction.commit();
      expect([await end('committed'), await all('committed')]).toEqual([7n, ['0 a', '1 x', '2 y', '3 b', '4 z', '5 c']]);
      expect([await end('own'), await all('own')]).toEqual([7n, ['0 a', '3 b', '5 c']]);
    });

    it('is nothing of a transaction that was aborted, wherever the reading begins', async () => {
      const { between, all, publish, begin } = await newTopic();
      await publish('a');
      const transaction = await begin('x', 'y');
      await publish('b');
      await transaction.send('z');
      await transaction.abort();
      await publish('c');
      for (const reading of ['committed', 'own'] as const) {
        expect(await all(reading)).toEqual(['0 a', '3 b', '6 c']);
        expect(await all(reading, 2n)).toEqual(['3 b', '6 c']);
        expect([await between(reading, 1n, 3n), await between(reading, 4n, 6n), await between(reading, 4n, 5n)]).toEqual([
          [],
          [],
          [],
        ]);
        expect(await between(reading, 3n, 4n)).toEqual(['3 b']);
      }
    });

    it('is told apart by producer where transactions overlap, also in the midst of them', async () => {
      const { all, begin } = await newTopic();
      const [first, second, third] = [await begin('x'), await begin('y'), await begin('z')];
      await second.send('y2');
      await first.send('x2');
      await third.send('z2');
      await second.abort();
      await third.commit();
      await first.abort();
      const [again] = [await begin('v')];
      await again.commit();
      expect(await all('committed')).toEqual(['2 z', '5 z2', '9 v']);
      expect(await all('committed', 3n)).toEqual(['5 z2', '9 v']);
      expect(await all('own')).toEqual([]);
    });
  });
};
