import fc from 'fast-check';
import { z } from 'zod';
import { json } from '../../../src/adapters/json/check.js';
import { jsonCodec } from '../../../src/adapters/json/index.js';
import { avro, type Topic } from '../../../src/core/topic.js';
import { codecContract } from '../../contracts/codec.contract.js';
import { failureOf } from '../../contracts/failure.js';

const visit = z.strictObject({
  user: z.string(),
  page: z.string().regex(/^\//, 'must be a path'),
  count: z.int(),
  seconds: z.number(),
  kind: z.enum(['view', 'search']),
  tags: z.array(z.string()),
  from: z.nullable(z.strictObject({ city: z.string() })),
  note: z.string().optional(),
});

type Visit = Readonly<z.infer<typeof visit>>;

const visits: Topic<Visit> = { name: 'visits', partitions: 3, format: json(visit), key: ({ user }) => user };

/** In the order of the type. */
const sample: Visit = {
  user: 'Zoé \u2028 \u{1f4a1} "x" \\',
  page: '/home',
  count: -7,
  seconds: 12.25,
  kind: 'view',
  tags: ['', 'a\u0000b'],
  from: { city: 'Lyon' },
};

const TEXT = fc.string({ unit: 'binary', maxLength: 40 });
const NUMBER = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

codecContract(
  'JSON',
  {
    topic: visits,
    sample,
    another: { ...sample, user: 'another' },
    large: { ...sample, user: 'x'.repeat(300_000) },
    refusal: 'EVENT_INVALID',
    values: fc.record<Visit>(
      {
        user: TEXT,
        page: TEXT.map((text) => `/${text}`),
        count: fc.maxSafeInteger().map((value) => value + 0),
        seconds: NUMBER,
        kind: fc.constantFrom('view', 'search'),
        tags: fc.array(TEXT, { maxLength: 4 }),
        from: fc.option(fc.record({ city: TEXT }, { noNullPrototype: true })),
        note: TEXT,
      },
      { noNullPrototype: true, requiredKeys: ['user', 'page', 'count', 'seconds', 'kind', 'tags', 'from'] },
    ) as fc.Arbitrary<Visit>,
    misfits: [
      ['user', { ...sample, user: 5 }],
      ['user', { ...sample, user: null }],
      ['user', { ...sample, user: undefined }],
      ['page', { ...sample, page: 'home' }],
      ['count', { ...sample, count: 1.5 }],
      ['count', { ...sample, count: 2 ** 53 }],
      ['count', { ...sample, count: 7n }],
      ['seconds', { ...sample, seconds: Number.NaN }],
      ['seconds', { ...sample, seconds: Number.POSITIVE_INFINITY }],
      ['seconds', { ...sample, seconds: '12.25' }],
      ['kind', { ...sample, kind: 'buy' }],
      ['tags.1', { ...sample, tags: ['a', 1] }],
      ['from.city', { ...sample, from: { city: new Date() } }],
      ['from.city', { ...sample, from: {} }],
    ],
  },
  async () => ({ codec: jsonCodec, close: async () => {} }),
);

describe('the JSON codec', () => {
  const open = () => jsonCodec.open(visits);
  const refused = async (bytes: Buffer | string) => failureOf(async () => (await open()).decode(Buffer.from(bytes)));

  it('writes text that any tool can read, in UTF-8, its fields in the order of the type', async () => {
    const { from, tags, kind, seconds, count, page, user } = sample;
    const text = (await open()).encode({ from, tags, kind, seconds, count, page, user }).toString('utf8');
    expect(text).toBe(JSON.stringify(sample));
    expect(text.startsWith('{"user":"Zoé')).toBe(true);
  });

  it('reads fields in any order, with white space around them', async () => {
    const { user, ...rest } = sample;
    expect((await open()).decode(Buffer.from(JSON.stringify({ ...rest, user }, null, 2)))).toStrictEqual(sample);
    expect((await open()).decode(Buffer.from(` \r\n\t${JSON.stringify(sample)}\n`))).toStrictEqual(sample);
  });

  it('keeps half a pair of surrogates: JSON has an escape for it', async () => {
    const { encode, decode } = await open();
    const odd = { ...sample, user: 'half \ud83d', tags: ['\udca1'] };
    expect(encode(odd).toString('utf8')).toContain('half \\ud83d');
    expect(decode(encode(odd))).toStrictEqual(odd);
  });

  it.each([
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from('{"user":"'), Buffer.from([0xff]), Buffer.from('"}')])],
    ['a piece of a character', Buffer.from(JSON.stringify(sample)).subarray(0, 13)],
    ['an overlong slash', Buffer.concat([Buffer.from('{"page":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])],
    ['UTF-16', Buffer.from(JSON.stringify(sample), 'utf16le')],
    ['a mark at the beginning', Buffer.from(`\ufeff${JSON.stringify(sample)}`)],
    ['nothing', Buffer.alloc(0)],
    ['two values', Buffer.from(`${JSON.stringify(sample)}${JSON.stringify(sample)}`)],
    ['something behind it', Buffer.from(`${JSON.stringify(sample)},`)],
    ['the wire format of Avro', Buffer.from([0, 0, 0, 0, 1, 14])],
    ['a comment', Buffer.from('/* */ {}')],
    ['NaN', Buffer.from('{"seconds":NaN}')],
  ])('calls %s no JSON', async (_, bytes) => {
    const error = await refused(bytes);
    expect(error).toMatchObject({ code: 'JSON_INVALID', kind: 'record' });
    expect(error.message).toContain(`${bytes.length} bytes`);
  });

  it.each<[string, string, string]>([
    ['a list', '[]', 'The value'],
    ['null', 'null', 'The value'],
    ['a text', '"user"', 'The value'],
    ['a number', '5', 'The value'],
    ['a field of another type', JSON.stringify({ ...sample, count: '7' }), "Field 'count'"],
    ['a field less', JSON.stringify({ ...sample, tags: undefined }), "Field 'tags'"],
    ['a field more', JSON.stringify({ ...sample, other: 1 }), 'The value'],
    ['a number beyond all numbers', JSON.stringify(sample).replace('12.25', '1e400'), "Field 'seconds'"],
    ['a whole number that is not exact', JSON.stringify(sample).replace('-7', '9007199254740993'), "Field 'count'"],
  ])('refuses %s after it was received', async (_, text, what) => {
    const error = await refused(text);
    expect(error).toMatchObject({ code: 'EVENT_INVALID', kind: 'record' });
    expect(error.message.startsWith(`${what} does not fit: `)).toBe(true);
  });

  it.each(['__proto__', 'constructor', 'toString'])('refuses a field %s, and no other value learns of it', async (name) => {
    const text = `${JSON.stringify(sample).slice(0, -1)},"${name}":{"note":"polluted"}}`;
    expect(await refused(text)).toMatchObject({ code: 'EVENT_INVALID' });
    expect(({} as Visit).note).toBeUndefined();
    expect(((await open()).decode(Buffer.from(JSON.stringify(sample))) as Visit).note).toBeUndefined();
  });

  it.each([
    ['a record of any fields', z.record(z.string(), z.unknown())],
    ['an object that lets others through', z.looseObject({})],
    ['an object that drops others', z.object({})],
  ])('gives no value a prototype out of its text: %s', async (_, type) => {
    const topic = { name: 'any', partitions: 1, format: json<Readonly<Record<string, unknown>>>(type), key: () => '' };
    const value = await (await jsonCodec.open(topic)).decode(Buffer.from('{"__proto__":{"admin":true},"a":1}'));
    expect(value.admin).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('says nothing of a value but the name of its field: it may be long, or somebody’s', async () => {
    const error = await refused(JSON.stringify({ ...sample, count: 'secret'.repeat(1_000) }));
    expect(error.message).not.toContain('secret');
  });

  it('is not for a topic in another format', async () => {
    await expect(jsonCodec.open({ ...visits, format: avro('visits-value') })).rejects.toThrow(TypeError);
  });
});
