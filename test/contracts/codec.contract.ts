import fc from 'fast-check';
import type { Codec, TopicCodec } from '../../src/core/codec.js';
import type { Decimal } from '../../src/core/decimal.js';
import { avro, type Topic } from '../../src/core/topic.js';
import { failureOf } from './failure.js';

export type Product = { id: number | bigint; name: string; category: string; price: Decimal; last_updated: string };

export const productTopic: Topic<Product> = {
  name: 'product_updates',
  partitions: 10,
  format: avro('product_updates-value'),
  key: ({ id }) => String(id),
};

export const product: Product = {
  id: 7,
  name: 'Lamp \u2028 \u{1f4a1}',
  category: 'CAT_5',
  price: { unscaled: 10050n, scale: 2 },
  last_updated: '2026-11-21T01:22:33.123456Z',
};

const MICROS_MAX = 253_402_300_799_999_999n;
const MICROS_MIN = -62_167_219_200_000_000n;

/** A moment by way of a JS Date for the milliseconds and by hand for the rest. */
const momentOf = (micros: bigint): string => {
  const below = ((micros % 1000n) + 1000n) % 1000n;
  const text = new Date(Number((micros - below) / 1000n)).toISOString();
  return `${text.slice(0, -1)}${below.toString().padStart(3, '0')}Z`;
};

const digits = 10n ** 10n - 1n;

export const products: fc.Arbitrary<Product> = fc.record(
  {
    id: fc.oneof(
      fc.maxSafeInteger(),
      fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .filter((id) => id > BigInt(Number.MAX_SAFE_INTEGER) || id < BigInt(Number.MIN_SAFE_INTEGER)),
    ),
    name: fc.string({ unit: 'binary', maxLength: 300 }),
    category: fc.string({ unit: 'binary' }),
    price: fc.bigInt({ min: -digits, max: digits }).map((unscaled) => ({ unscaled, scale: 2 })),
    last_updated: fc.bigInt({ min: MICROS_MIN, max: MICROS_MAX }).map(momentOf),
  },
  { noNullPrototype: true },
);

/** A value that does not fit its topic, and the field whose name the refusal has to say. */
export type Misfit = readonly [field: string, value: unknown];

/** What a codec is tried with. */
export type CodecCase<T> = Readonly<{
  topic: Topic<T>;
  /** A value that holds every kind of field, and another one. */
  sample: T;
  another: T;
  /** Of some hundred thousand bytes. */
  large: T;
  values: fc.Arbitrary<T>;
  misfits: readonly Misfit[];
  /** The code of the refusal of a misfit. */
  refusal: string;
}>;

export const productCase: CodecCase<Product> = {
  topic: productTopic,
  sample: product,
  another: { ...product, id: 8, name: 'another' },
  large: { ...product, name: 'x'.repeat(300_000) },
  values: products,
  refusal: 'ENCODE_FAILED',
  misfits: [
    ['name', { ...product, name: 5 }],
    ['name', { ...product, name: null }],
    ['name', { ...product, name: 'half a pair \ud83d' }],
    ['id', { ...product, id: 1.5 }],
    ['id', { ...product, id: 2 ** 53 }],
    ['id', { ...product, id: 2n ** 63n }],
    ['category', { id: 7, name: 'Lamp', price: product.price, last_updated: product.last_updated }],
    ['price', { ...product, price: { unscaled: 1n, scale: 3 } }],
    ['price', { ...product, price: { unscaled: 10n ** 10n, scale: 2 } }],
    ['price', { ...product, price: 100.5 }],
    ['last_updated', { ...product, last_updated: '2026-02-30T00:00:00.000000Z' }],
    ['last_updated', { ...product, last_updated: new Date() }],
  ],
};

export type CodecUnderTest<T> = Readonly<{
  codec: Codec;
  /** The case's own unless given. */
  topic?: Topic<T>;
  close(): Promise<void>;
}>;

/** What every codec does with values of a topic that it is made for. */
export const codecContract = <T>(name: string, given: CodecCase<T>, make: () => Promise<CodecUnderTest<T>>): void => {
  const { sample, another, large, values, misfits, refusal } = given;

  describe(`${name} as a codec`, () => {
    let made: CodecUnderTest<T>;
    let topic: TopicCodec<T>;

    const open = () => made.codec.open(made.topic ?? given.topic);

    beforeAll(async () => {
      made = await make();
      topic = await open();
    });
    afterAll(() => made.close());

    it('gives back what it was given', () =>
      fc.assert(
        fc.asyncProperty(values, async (value) => {
          expect(await topic.decode(topic.encode(value))).toStrictEqual(value);
        }),
        { numRuns: 500 },
      ));

    it('decodes its own bytes without a promise', () => {
      expect(topic.decode(topic.encode(sample))).toStrictEqual(sample);
    });

    it('gives bytes that stay as they are', () => {
      const first = topic.encode(sample);
      const before = Buffer.from(first);
      topic.encode(another);
      expect(first).toEqual(before);
      topic.decode(first);
      expect(first).toEqual(before);
    });

    it('takes values of any size', async () => {
      expect(await topic.decode(topic.encode(large))).toStrictEqual(large);
      expect(await topic.decode(topic.encode(sample))).toStrictEqual(sample);
    });

    it('opens a topic any number of times, at once too', async () => {
      const opened = await Promise.all([1, 2, 3].map(open));
      for (const { decode } of opened) expect(await decode(topic.encode(sample))).toStrictEqual(sample);
    });

    it.each(misfits)('refuses a value whose %s does not fit, by name', async (field, value) => {
      const error = await failureOf(() => topic.encode(value as T));
      expect(error).toMatchObject({ code: refusal, kind: 'record' });
      expect(error.message).toContain(`'${field}'`);
    });

    it('refuses every piece of a record, and a record with something behind it', async () => {
      const whole = topic.encode(sample);
      for (let length = 0; length < whole.length; length++)
        expect(await failureOf(() => topic.decode(whole.subarray(0, length)))).toMatchObject({ kind: 'record' });
      expect(await failureOf(() => topic.decode(Buffer.concat([whole, Buffer.alloc(1)])))).toMatchObject({ kind: 'record' });
    });

    it('makes a value or a bad record of any bytes', () =>
      fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 40 }), async (noise, at) => {
          const bytes = Buffer.from(topic.encode(sample));
          bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
          for (const poison of [bytes, Buffer.from(noise)]) {
            try {
              await topic.decode(poison);
            } catch (error) {
              expect(error).toMatchObject({ kind: 'record' });
            }
          }
        }),
        { numRuns: 500 },
      ));
  });
};
