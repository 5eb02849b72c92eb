import { isTransient } from '../../src/core/errors.js';
import type { Row } from '../../src/core/pipeline.js';
import type { Result, Sink } from '../../src/core/sink.js';
import { partitionKey, type TopicPartition } from '../../src/core/topic.js';
import { failureOf } from './failure.js';

/** Where one written result came from, as it can be read back from what the sink keeps. */
export type WrittenResult = Readonly<{ topic: string; partition: number; offset: bigint; id: unknown; deleted: boolean }>;

/** A place to write to, which outlives the sinks that are opened on it. */
export type SinkPlace = Readonly<{
  /** A sink on this place, not opened yet. The one before it has been closed, or abandoned as by a kill. */
  sink(): Sink<Row>;
  /** All that the place holds, in its own order. */
  written(): Promise<readonly WrittenResult[]>;
  remove(): Promise<void>;
}>;

export const result = (partition: number, offset: number | bigint, value: Row | null = { id: Number(offset) }): Result<Row> => ({
  value,
  key: value === null ? String(offset) : null,
  meta: { topic: 'orders', partition, offset: BigInt(offset), timestamp: 1_700_000_000_000 + Number(offset) },
});

export const results = (partition: number, from: number, to: number): Result<Row>[] =>
  Array.from({ length: to - from }, (_, index) => result(partition, from + index));

const at = (partition: number): TopicPartition => ({ topic: 'orders', partition });

const offsetsOf = (written: readonly WrittenResult[], partition: number): number[] =>
  written.filter((one) => one.partition === partition).map(({ offset }) => Number(offset));

/** In what sinks may differ. */
export type SinkManners = Readonly<{
  /** A tombstone stands in what the sink keeps, or only moves it on. */
  tombstones: 'kept' | 'passed over';
  /** A batch with results that the sink holds already is refused as a whole, or they are passed over and the rest is taken. */
  repeated: 'refused' | 'passed over';
}>;

/** What every sink promises to the worker that writes to it. */
export const sinkContract = (
  name: string,
  newPlace: () => Promise<SinkPlace>,
  { tombstones, repeated }: SinkManners = { tombstones: 'kept', repeated: 'refused' },
): void => {
  describe(`the sink ${name}`, () => {
    let place: SinkPlace;
    let sink: Sink<Row>;

    const openNew = async (): Promise<void> => {
      sink = place.sink();
      await sink.open?.();
      await sink.begin?.(undefined);
    };
    const reopen = async (): Promise<void> => {
      await sink.close?.();
      await openNew();
    };

    beforeEach(async () => {
      place = await newPlace();
      await openNew();
    });

    afterEach(async () => {
      await sink.close?.();
      await place.remove();
    });

    it('asks for nothing as long as it holds nothing', async () => {
      expect(await sink.resume?.([at(0), at(1)])).toEqual(new Map());
    });

    it('takes an empty batch', async () => {
      await sink.resume?.([at(0)]);
      await sink.write([]);
      expect(await place.written()).toEqual([]);
    });

    it('keeps results in their order, and holds them when the write resolves', async () => {
      await sink.resume?.([at(0), at(1)]);
      await sink.write([...results(0, 0, 3), ...results(1, 10, 12)]);
      await sink.write(results(0, 3, 5));
      expect(offsetsOf(await place.written(), 0)).toEqual([0, 1, 2, 3, 4]);
      expect(offsetsOf(await place.written(), 1)).toEqual([10, 11]);
    });

    if (tombstones === 'kept')
      it('keeps a tombstone as a delete of its key', async () => {
        await sink.resume?.([at(0)]);
        await sink.write([result(0, 7, null)]);
        expect(await place.written()).toEqual([{ topic: 'orders', partition: 0, offset: 7n, id: 7, deleted: true }]);
      });
    else
      it('passes over a tombstone, and goes on behind it', async () => {
        await sink.resume?.([at(0)]);
        await sink.write([result(0, 7, null)]);
        expect(await place.written()).toEqual([]);
        expect(await sink.resume?.([at(0)])).toEqual(new Map([[partitionKey(at(0)), 8n]]));
      });

    it('keeps all results of one offset', async () => {
      await sink.resume?.([at(0)]);
      await sink.write([result(0, 0, { id: 1 }), result(0, 0, { id: 2 }), result(0, 1, { id: 3 })]);
      expect((await place.written()).map(({ offset, id }) => [offset, id])).toEqual([
        [0n, 1],
        [0n, 2],
        [1n, 3],
      ]);
    });

    it('leaves gaps between offsets alone', async () => {
      await sink.resume?.([at(0)]);
      await sink.write([result(0, 3), result(0, 100), result(0, 2n ** 53n - 1n)]);
      expect(offsetsOf(await place.written(), 0)).toEqual([3, 100, 2 ** 53 - 1]);
    });

    it('wants what comes after the last it holds, partition by partition, also after it was opened anew', async () => {
      if (sink.resume === undefined) return;
      await sink.resume([at(0), at(1), at(2)]);
      await sink.write([...results(0, 0, 3), ...results(1, 10, 12)]);
      const wanted = new Map([
        [partitionKey(at(0)), 3n],
        [partitionKey(at(1)), 12n],
      ]);
      expect(await sink.resume([at(0), at(1), at(2)])).toEqual(wanted);
      await reopen();
      expect(await sink.resume?.([at(0), at(1), at(2)])).toEqual(wanted);
    });

    it('answers for the partitions it was asked about only', async () => {
      if (sink.resume === undefined) return;
      await sink.resume([at(0), at(1)]);
      await sink.write([...results(0, 0, 3), ...results(1, 0, 3)]);
      expect(await sink.resume([at(1)])).toEqual(new Map([[partitionKey(at(1)), 3n]]));
    });

    if (repeated === 'refused')
      it('refuses a result that it holds already, and takes the rest when asked again', async () => {
        if (sink.resume === undefined) return;
        await sink.resume([at(0)]);
        await sink.write(results(0, 0, 3));
        const refusal = await sink.write(results(0, 2, 5)).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(isTransient(refusal)).toBe(true);
        expect(await sink.resume([at(0)])).toEqual(new Map([[partitionKey(at(0)), 3n]]));
        await sink.write(results(0, 3, 5));
        expect(offsetsOf(await place.written(), 0)).toEqual([0, 1, 2, 3, 4]);
      });
    else
      it('passes over a result that it holds already, and takes the rest', async () => {
        if (sink.resume === undefined) return;
        await sink.resume([at(0)]);
        await sink.write(results(0, 0, 3));
        await sink.write(results(0, 2, 5));
        expect(await sink.resume([at(0)])).toEqual(new Map([[partitionKey(at(0)), 5n]]));
        expect(offsetsOf(await place.written(), 0)).toEqual([0, 1, 2, 3, 4]);
      });

    it('goes on writing after it was opened anew', async () => {
      await sink.resume?.([at(0)]);
      await sink.write(results(0, 0, 3));
      await reopen();
      await sink.resume?.([at(0)]);
      await sink.write(results(0, 3, 6));
      expect(offsetsOf(await place.written(), 0)).toEqual([0, 1, 2, 3, 4, 5]);
    });

    it('writes nothing of a batch with a result that it can never write, tells which that is, and takes the others', async () => {
      const unwritable: readonly Row[] = [{ id: Number.NaN }, { id: Number.POSITIVE_INFINITY }];
      let next = 2;
      await sink.resume?.([at(0)]);
      await sink.write(results(0, 0, next));
      for (const value of unwritable) {
        const good = [result(0, next), result(0, next + 1), result(0, next + 3)];
        const bad = [result(0, next + 2), result(0, next + 2, value)];
        const before = offsetsOf(await place.written(), 0);
        const refusal = await failureOf(() => sink.write([...good.slice(0, 2), ...bad, ...good.slice(2)]));
        expect(refusal).toMatchObject({ kind: 'record' });
        expect(offsetsOf(await place.written(), 0)).toEqual(before);
        for (const one of good) sink.check?.([one]);
        await failureOf(() => sink.check?.(bad));
        if (sink.resume !== undefined) expect(await sink.resume([at(0)])).toEqual(new Map([[partitionKey(at(0)), BigInt(next)]]));
        await sink.write(good);
        expect(offsetsOf(await place.written(), 0)).toEqual([...before, next, next + 1, next + 3]);
        next += 4;
      }
    });

    it('can be closed twice, and without having been opened', async () => {
      await sink.close?.();
      await sink.close?.();
      await place.sink().close?.();
    });
  });
};
