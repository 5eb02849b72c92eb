import fc from 'fast-check';
import { encodeProduce, type ProduceArguments } from '../../../src/adapters/kafka/produce-request.js';
import { recordBytes, sizeBatch, writeBatch } from '../../../src/adapters/kafka/record-batch.js';
import type { OutgoingRecord } from '../../../src/core/broker.js';
import { asRead, stockDecode, stockRequest } from './stock.js';

const NOW = 1_790_000_000_123;
const MOST_INT32 = 2 ** 31 - 1;

const bytes = fc.option(
  fc
    .oneof({ weight: 9, arbitrary: fc.uint8Array({ maxLength: 200 }) }, fc.uint8Array({ minLength: 8_190, maxLength: 8_200 }))
    .map((array) => Buffer.from(array)),
);
const headers = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 80 }), {
  maxKeys: 70,
  noNullPrototype: true,
});
const record: fc.Arbitrary<OutgoingRecord> = fc
  .record({ key: bytes, value: bytes, headers: fc.option(headers, { nil: undefined }) })
  .map(({ headers: given, ...rest }) => (given === undefined ? rest : { ...rest, headers: given }));
/** kafkajs' decoder takes a header of a name that every object inherits for one that is there twice. */
const readable = record.filter(({ headers: given = {} }) => !Object.keys(given).some((name) => name in {}));
const sequence = fc.oneof(fc.integer({ min: 0, max: MOST_INT32 }), fc.integer({ min: MOST_INT32 - 3, max: MOST_INT32 }));
const producerId = fc.oneof(fc.constant(-1), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String));

const oneBatch = (messages: readonly OutgoingRecord[], firstSequence = 0): ProduceArguments => ({
  acks: -1,
  timeout: 30_000,
  producerId: '42',
  producerEpoch: 3,
  topicData: [{ topic: 'a topic', partitions: [{ partition: 0, firstSequence, messages }] }],
});

const expectAlike = async (request: ProduceArguments, timestamp = NOW): Promise<void> => {
  const [ours, theirs] = [encodeProduce(request, timestamp), await stockRequest(request, timestamp)];
  expect(ours.equals(theirs)).toBe(true);
};

describe('a produce request', () => {
  it('has the bytes that kafkajs makes of any records', async () => {
    const partition = fc.record({ partition: fc.nat(50), firstSequence: sequence, messages: fc.array(record, { minLength: 1 }) });
    const topic = fc.record({
      topic: fc.string({ unit: 'grapheme', minLength: 1 }),
      partitions: fc.array(partition, { maxLength: 4 }),
    });
    const request = fc.record({
      acks: fc.constant(-1),
      timeout: fc.integer({ min: 0, max: MOST_INT32 }),
      producerId,
      producerEpoch: fc.integer({ min: 0, max: 32_767 }),
      topicData: fc.array(topic, { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(request, fc.integer({ min: 1, max: 2 ** 42 }), (args, timestamp) => expectAlike(args, timestamp)),
    );
  });

  const plain = { key: Buffer.from('1'), value: Buffer.from('one') };
  it.each<[string, readonly OutgoingRecord[], number]>([
    ['one record', [plain], 0],
    ['neither key nor value', [{ key: null, value: null }], 0],
    ['an empty key and an empty value', [{ key: Buffer.alloc(0), value: Buffer.alloc(0) }], 0],
    ['no headers in headers', [{ ...plain, headers: {} }], 0],
    ['headers of other scripts', [{ ...plain, headers: { größe: '日本語 🦀', '1': '', '': '\ud800' } }], 0],
    ['20,000 records', Array.from({ length: 20_000 }, (_, n) => ({ key: Buffer.from(String(n)), value: null })), 0],
    ['a value of 900,000 bytes', [{ key: null, value: Buffer.alloc(900_000, 'x') }], 0],
    ['the last sequence', [plain], MOST_INT32],
    ['a batch across the last sequence', [plain, plain, plain], MOST_INT32 - 1],
    ...[63, 64, 8_191, 8_192].map((length): [string, OutgoingRecord[], number] => [
      `a value of ${length} bytes`,
      [{ key: Buffer.alloc(length), value: Buffer.alloc(length, 1) }],
      5,
    ]),
  ])('has the bytes that kafkajs makes of %s', (_, messages, firstSequence) => expectAlike(oneBatch(messages, firstSequence)));

  it('takes partitions as text, which is how kafkajs names them', async () => {
    const partitions = [{ partition: '7', firstSequence: 0, messages: [plain] }];
    await expectAlike({ ...oneBatch([]), topicData: [{ topic: 't', partitions }] });
  });
});

describe('a record batch', () => {
  const stamp = { timestamp: NOW, producerId: 42n, producerEpoch: 3, firstSequence: 9 };

  it('is read by kafkajs as what was written, and is as large as foretold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(readable, { minLength: 1 }), async (records) => {
        const sized = sizeBatch(records);
        expect(sized.bytes).toBe(records.reduce((sum, one, place) => sum + recordBytes(one, place), 61));
        const target = Buffer.alloc(sized.bytes + 10, 0xaa);
        expect(writeBatch(target, 5, sized, stamp)).toBe(sized.bytes + 5);
        expect([target.subarray(0, 5), target.subarray(-5)]).toEqual([Buffer.alloc(5, 0xaa), Buffer.alloc(5, 0xaa)]);
        const { records: read, ...batch } = await stockDecode(target.subarray(5, sized.bytes + 5));
        expect(batch).toMatchObject({ producerId: '42', producerEpoch: 3, firstSequence: 9 });
        expect(read.map(({ key, value, headers: found }) => ({ key, value, headers: found }))).toEqual(records.map(asRead));
        expect(new Set(read.map(({ timestamp }) => timestamp))).toEqual(new Set([String(NOW)]));
      }),
    );
  });

  it('is refused when a record has changed since it was sized', () => {
    const record = { key: null, value: Buffer.alloc(4), headers: { a: 'long' } };
    const sized = sizeBatch([record]);
    record.headers.a = 'l';
    expect(() => writeBatch(Buffer.alloc(sized.bytes), 0, sized, stamp)).toThrow(/a record changed meanwhile/);
  });
});
