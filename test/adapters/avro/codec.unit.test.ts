import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AvroCodec, avroCodec } from '../../../src/adapters/avro/index.js';
import { codecContract, type Product, product, productCase, productTopic } from '../../contracts/codec.contract.js';
import { failureOf } from '../../contracts/failure.js';
import { type FakeRegistry, fakeRegistry } from '../../support/fake-registry.js';
import { rememberingLog, silentLog } from '../../support/silent-log.js';

const schemasDirectory = join(__dirname, '../../../schemas');
const subject = 'product_updates-value';

type Schema = { name: string; fields: { name: string; type: unknown; default?: unknown }[] };

codecContract('Avro', productCase, async () => {
  const registry = await fakeRegistry();
  return { codec: avroCodec({ registryUrl: registry.url, schemasDirectory, log: silentLog }), close: registry.close };
});

describe('the Avro codec', () => {
  let registry: FakeRegistry;
  let directory: string;
  let schema: Schema;
  let clock: number;

  const write = (content: unknown, name = subject): Promise<void> =>
    writeFile(join(directory, `${name}.avsc`), typeof content === 'string' ? content : JSON.stringify(content));
  const codec = (log = silentLog, options = {}): AvroCodec =>
    avroCodec({ registryUrl: registry.url, schemasDirectory: directory, log, now: () => clock, ...options });
  const open = (log = silentLog) => codec(log).open(productTopic);
  const changed = (change: (schema: Schema) => void): Schema => {
    const copy = structuredClone(schema);
    change(copy);
    return copy;
  };

  beforeEach(async () => {
    registry = await fakeRegistry();
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-avro-'));
    schema = JSON.parse(await readFile(join(schemasDirectory, `${subject}.avsc`), 'utf8')) as Schema;
    clock = 0;
    await write(schema);
  });
  afterEach(async () => {
    await registry.close();
    await rm(directory, { recursive: true });
  });

  describe('at open', () => {
    it('registers the schema, sets a level, and writes the Confluent wire format', async () => {
      const { log, lines } = rememberingLog();
      const bytes = (await open(log)).encode(product);
      expect(registry.subjects.get(subject)).toEqual([1]);
      expect(registry.levels.get(subject)).toBe('BACKWARD');
      expect(bytes.subarray(0, 5)).toEqual(Buffer.from([0, 0, 0, 0, 1]));
      expect(bytes[5]).toBe(14);
      expect(lines.map(({ message }) => message)).toEqual(['compatibility level set in the registry', 'schema registered']);
    });

    it('writes nothing the second time', async () => {
      await open();
      registry.requests.length = 0;
      const { log, lines } = rememberingLog();
      await open(log);
      expect(registry.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
      expect(lines).toEqual([]);
    });

    it('keeps a level that somebody chose', async () => {
      registry.add(subject, schema);
      registry.levels.set(subject, 'FULL_TRANSITIVE');
      await write(changed(({ fields }) => fields.push({ name: 'note', type: 'string', default: '' })));
      await open();
      expect(registry.levels.get(subject)).toBe('FULL_TRANSITIVE');
      expect(registry.subjects.get(subject)).toEqual([1, 2]);
    });

    it('sets the level before it registers where the registry would take anything', async () => {
      registry.add(subject, schema);
      await write(changed(({ fields }) => fields.push({ name: 'note', type: 'string', default: '' })));
      await open();
      const writes = registry.requests.filter((request) => !request.startsWith('GET'));
      expect(writes).toEqual([`PUT /config/${subject}`, `POST /subjects/${subject}/versions`]);
    });

    it.each([
      [
        'a decimal with other digits',
        'price',
        { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 4 },
        'decimal(10,2)',
        'decimal(12,4)',
      ],
      [
        'a time in milliseconds',
        'last_updated',
        { type: 'long', logicalType: 'timestamp-millis' },
        'timestamp-micros',
        'timestamp-millis',
      ],
      ['a plain number', 'last_updated', 'long', 'timestamp-micros', 'long'],
      ['a text', 'id', 'string', 'long', 'string'],
    ])('refuses %s in place of what is registered, before anything is written', async (_, field, type, was, is) => {
      registry.add(subject, schema);
      await write(changed(({ fields }) => Object.assign(fields.find(({ name }) => name === field) ?? {}, { type })));
      const error = await failureOf(open);
      expect(error).toMatchObject({ code: 'SCHEMA_INCOMPATIBLE', kind: 'configuration' });
      expect(error.message).toContain(subject);
      expect(error.message).toContain(`'${field}' was ${was} and is now ${is}`);
      expect(registry.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
    });

    it.each(['PUT', 'POST'])('looks again when another program was faster with its %s', async (method) => {
      let refusals = 1;
      registry.fail((request) => {
        if (!request.startsWith(method) || refusals-- <= 0) return undefined;
        registry.add(subject, schema);
        registry.levels.set(subject, 'BACKWARD');
        return { status: 409, body: '{"error_code":409,"message":"exists already"}' };
      });
      const { encode } = await open();
      expect(encode(product).readInt32BE(1)).toBe(1);
      expect(registry.subjects.get(subject)).toEqual([1]);
    });

    it.each([
      [409, 'SCHEMA_INCOMPATIBLE'],
      [422, 'SCHEMA_REFUSED'],
    ])('passes on why the registry says no with %d', async (status, code) => {
      registry.fail((request) =>
        request.startsWith('POST') ? { status, body: JSON.stringify({ error_code: status, message: 'the reason' }) } : undefined,
      );
      const error = await failureOf(open);
      expect(error).toMatchObject({ code, kind: 'configuration' });
      expect(error.message).toContain('the reason');
      expect(error.message).toContain(subject);
    });

    it.each([
      ['is not JSON', '{"type":', 'SCHEMA_FILE_INVALID'],
      ['is no schema', { type: 'recor', name: 'X' }, 'SCHEMA_FILE_INVALID'],
      ['is not a record', { type: 'string' }, 'SCHEMA_FILE_INVALID'],
      ['is null', null, 'SCHEMA_FILE_INVALID'],
      [
        'has a logical type that is not supported',
        { type: 'record', name: 'X', fields: [{ name: 'a', type: { type: 'int', logicalType: 'time-millis' } }] },
        'SCHEMA_FILE_INVALID',
      ],
      [
        'has a decimal that cannot be',
        {
          type: 'record',
          name: 'X',
          fields: [{ name: 'a', type: { type: 'bytes', logicalType: 'decimal', precision: 2, scale: 4 } }],
        },
        'SCHEMA_FILE_INVALID',
      ],
    ])('names the file that %s', async (_, content, code) => {
      await write(content === null ? 'null' : content);
      const error = await failureOf(open);
      expect(error).toMatchObject({ code, kind: 'configuration' });
      expect(error.message).toContain(join(directory, `${subject}.avsc`));
      expect(registry.requests).toEqual([]);
    });

    it('names the file that is missing', async () => {
      await rm(join(directory, `${subject}.avsc`));
      const error = await failureOf(open);
      expect(error).toMatchObject({ code: 'SCHEMA_FILE_MISSING', kind: 'configuration' });
      expect(error.message).toContain(join(directory, `${subject}.avsc`));
    });

    it('says what is wrong with the URL', async () => {
      const odd = avroCodec({ registryUrl: 'not a url', schemasDirectory: directory, log: silentLog });
      expect(await failureOf(() => odd.open(productTopic))).toMatchObject({
        code: 'REGISTRY_URL_INVALID',
        kind: 'configuration',
      });
    });

    it('says of a registry that gives no id what it is', async () => {
      registry.fail((request) => (request.startsWith('POST') ? { status: 200, body: '{}' } : undefined));
      expect(await failureOf(open)).toMatchObject({
        code: 'REGISTRY_NOT_FOUND',
        kind: 'configuration',
        found: expect.stringContaining('gave no id'),
      });
    });

    it.each([
      ['https://ada:secret@other:8081/ccompat/v7/subjects?token=secret', 'https://other:8081/ccompat/v7/subjects (status 302)'],
      ['/elsewhere', /to http:\/\/127\.0\.0\.1:\d+\/elsewhere \(status 302\)/],
      ['http://ada:sec ret@:99999/', 'what is no URL (status 302)'],
      [undefined, 'nowhere (status 302)'],
    ])('says where a registry redirects to, and follows to no other place: %s', async (location, place) => {
      registry.add(subject, schema);
      await write(changed(({ fields }) => fields.push({ name: 'note', type: ['null', 'string'], default: null })));
      registry.fail((request) => (request.startsWith('POST') ? { status: 302, ...(location && { location }) } : undefined));
      const error = await failureOf(open);
      expect(error).toMatchObject({ code: 'REGISTRY_REDIRECTS', kind: 'configuration' });
      if (typeof place === 'string') expect(error.message).toContain(place);
      else expect(error.message).toMatch(place);
      expect(error.message).not.toMatch(/sec ?ret|ada/);
      expect(registry.requests.at(-1)).toMatch(/^POST /);
    });
  });

  describe('without the registry', () => {
    it.each([
      ['500', { status: 500, body: '{"error_code":50001,"message":"oops"}' }],
      ['429', { status: 429 }],
      ['503 of a proxy', { status: 503, body: '<html>' }],
      ['no answer', 'hang', { deadlineMs: 150 }],
      ['an answer without an end', 'half', { deadlineMs: 150 }],
      ['a closed connection', 'reset'],
    ] as const)('waits and tries again: %s', async (_, trouble, options: object = {}) => {
      registry.fail(() => trouble);
      const error = await failureOf(() => codec(silentLog, options).open(productTopic));
      expect(error).toMatchObject({ code: 'REGISTRY_UNAVAILABLE', kind: 'transient' });
      expect(error.message).toContain(registry.url);
      registry.heal();
      await open();
    });

    it('waits and tries again: a refused connection', async () => {
      await registry.close();
      const error = await failureOf(open);
      expect(error).toMatchObject({ code: 'REGISTRY_UNAVAILABLE', kind: 'transient' });
      expect(error.message).toContain('ECONNREFUSED');
      registry = await fakeRegistry();
    });

    it('gives up an answer that goes on for ever although it was aborted', async () => {
      const endless = { status: 200, headers: new Headers(), text: () => new Promise(() => {}) } as Response;
      const asked = jest.spyOn(globalThis, 'fetch').mockResolvedValue(endless);
      try {
        const error = await failureOf(() => codec(silentLog, { deadlineMs: 150 }).open(productTopic));
        expect(error).toMatchObject({
          code: 'REGISTRY_UNAVAILABLE',
          message: expect.stringContaining('no answer within 0.15 s'),
        });
        expect(asked.mock.calls[0]?.[1]?.signal?.aborted).toBe(true);
      } finally {
        asked.mockRestore();
      }
    });

    it.each([
      [401, 'REGISTRY_ACCESS_DENIED', '{"error_code":401,"message":"no"}'],
      [403, 'REGISTRY_ACCESS_DENIED', ''],
      [404, 'REGISTRY_NOT_FOUND', ''],
      [404, 'REGISTRY_NOT_FOUND', '<html>nothing here</html>'],
      [404, 'REGISTRY_NOT_FOUND', '{"status":404,"message":"no such path"}'],
      [200, 'REGISTRY_NOT_FOUND', '<html>hello</html>'],
    ])('stops with %d, which waiting does not change: %s', async (status, code, body) => {
      registry.fail(() => ({ status, body }));
      expect(await failureOf(open)).toMatchObject({ code, kind: 'configuration' });
    });

    it('keeps the password out of messages, and sends it', async () => {
      const url = registry.url.replace('http://', 'http://bridge:s%40cret@');
      const withPassword = avroCodec({ registryUrl: url, schemasDirectory: directory, log: silentLog });
      await withPassword.open(productTopic);
      expect(registry.authorizations[0]).toBe(`Basic ${Buffer.from('bridge:s@cret').toString('base64')}`);
      registry.fail(() => ({ status: 500 }));
      expect((await failureOf(() => withPassword.open(productTopic))).message).not.toMatch(/cret/);
    });

    it('goes on with the ids that it knows', async () => {
      const old = changed(({ fields }) => fields.push({ name: 'note', type: ['null', 'string'], default: null }));
      const oldId = registry.add(subject, old);
      const { encode, decode } = await open();
      const own = encode(product);
      const foreign = Buffer.concat([Buffer.from([0, 0, 0, 0, oldId]), own.subarray(5), Buffer.from([0])]);
      const noted = { ...product, note: null };
      expect(await decode(foreign)).toStrictEqual(noted);
      registry.fail(() => 'hang');
      expect(decode(own)).toStrictEqual(product);
      expect(decode(foreign)).toStrictEqual(noted);
    });

    it('is no reason to give a record up', async () => {
      const { decode } = await open();
      registry.fail(() => ({ status: 500 }));
      const unknown = Buffer.from([0, 0, 0, 0, 99, 0]);
      expect(await failureOf(() => decode(unknown))).toMatchObject({ code: 'REGISTRY_UNAVAILABLE', kind: 'transient' });
      registry.heal();
      registry.put(99, { schema: JSON.stringify(schema) });
      expect(await failureOf(() => decode(unknown))).toMatchObject({ code: 'DECODE_FAILED' });
    });
  });

  describe('with records of other versions', () => {
    const wire = (id: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, id]), body]);

    it('reads them by its own schema, and asks for each version once', async () => {
      const { encode } = await open();
      const body = encode(product).subarray(5);
      await write(changed(({ fields }) => fields.push({ name: 'note', type: 'string', default: 'none' })));
      const { decode } = await open();
      registry.requests.length = 0;
      const first = decode(wire(1, body));
      expect(first).toBeInstanceOf(Promise);
      const all = await Promise.all([first, decode(wire(1, body)), decode(wire(1, body))]);
      expect(all).toEqual(Array(3).fill({ ...product, note: 'none' }));
      expect(decode(wire(1, body))).toStrictEqual({ ...product, note: 'none' });
      expect(registry.requests).toEqual(['GET /schemas/ids/1']);
    });

    it('reads without registering', async () => {
      const { encode } = await open();
      registry.requests.length = 0;
      const { decode } = await codec().openDecoder<Product>(productTopic);
      expect(await decode(encode(product))).toStrictEqual(product);
      expect(registry.requests).toEqual([expect.stringMatching(/^GET .*\/versions\/latest$/), 'GET /schemas/ids/1']);
    });

    it('opens for reading once the registry has answered, and again without it', async () => {
      const { encode } = await open();
      const reading = codec();
      registry.fail(() => 'reset');
      expect(await failureOf(() => reading.openDecoder(productTopic))).toMatchObject({
        code: 'REGISTRY_UNAVAILABLE',
        kind: 'transient',
      });
      registry.heal();
      expect(await (await reading.openDecoder<Product>(productTopic)).decode(encode(product))).toStrictEqual(product);
      registry.fail(() => 'reset');
      expect(await (await reading.openDecoder<Product>(productTopic)).decode(encode(product))).toStrictEqual(product);
    });

    it('takes an unknown id for a bad record, and asks again after a while', async () => {
      const { decode, encode } = await open();
      const record = wire(9, encode(product).subarray(5));
      registry.requests.length = 0;
      for (let times = 0; times < 3; times++)
        expect(await failureOf(() => decode(record))).toMatchObject({ code: 'UNKNOWN_SCHEMA_ID', kind: 'record' });
      expect(registry.requests).toHaveLength(1);
      registry.put(9, { schema: JSON.stringify(schema) });
      clock += 9_999;
      expect(await failureOf(() => decode(record))).toMatchObject({ code: 'UNKNOWN_SCHEMA_ID' });
      clock += 1;
      expect(await decode(record)).toStrictEqual(product);
    });

    it.each([0, -5, -2_147_483_648])('asks nobody for the id %d', async (id) => {
      const { decode } = await open();
      registry.requests.length = 0;
      const bytes = Buffer.alloc(6);
      bytes.writeInt32BE(id, 1);
      expect(await failureOf(() => decode(bytes))).toMatchObject({ code: 'UNKNOWN_SCHEMA_ID', kind: 'record' });
      expect(registry.requests).toEqual([]);
    });

    it.each([
      ['another format', { schema: '{}', schemaType: 'JSON' }, 'of type JSON'],
      ['references', { schema: '"string"', references: [{}] }, 'other schemas'],
      ['no schema', { schema: '{"type":"nothing"}' }, 'not usable'],
      ['another record', { schema: '{"type":"record","name":"Other","fields":[]}' }, 'cannot be read as ours'],
    ])('takes a record with %s for a bad one, and asks once', async (_, stored, words) => {
      registry.put(30, stored);
      const { decode } = await open();
      registry.requests.length = 0;
      for (let times = 0; times < 2; times++) {
        const error = await failureOf(() => decode(wire(30, Buffer.from([0]))));
        expect(error).toMatchObject({ code: 'DECODE_FAILED', kind: 'record' });
        expect(error.message).toContain(words);
      }
      expect(registry.requests).toHaveLength(1);
    });

    it('calls a record without its last byte by its name', async () => {
      const { encode, decode } = await open();
      const error = await failureOf(() => decode(encode(product).subarray(0, -1)));
      expect(error.message).toContain('ends too early');
    });

    it.each([
      ['empty', '', 'empty'],
      ['another magic byte', '0100000001', 'byte 1'],
      ['a piece of an id', '000000', '3 bytes'],
      ['an id alone', '0000000001', 'ends too early'],
      ['a length beyond the end', '00000000010ec801', 'a length reaches beyond'],
      ['a huge length', '00000000010effffffff7f', 'a length reaches beyond'],
      ['a number of more than 64 bits', '0000000001ffffffffffffffffffff01', '64 bits'],
    ])('calls %s by its name', async (_, hex, words) => {
      const { decode } = await open();
      const error = await failureOf(() => decode(Buffer.from(hex, 'hex')));
      expect(error).toMatchObject({ code: 'DECODE_FAILED', kind: 'record' });
      expect(error.message).toContain(words);
    });
  });

  describe('read back', () => {
    it('gives a value as other versions of the schema read it, too, and leaves out those that cannot', async () => {
      const { encode } = await open();
      const bytes = encode(product);
      const later = changed(({ fields }) => fields.push({ name: 'note', type: ['null', 'string'], default: null }));
      registry.add(subject, later);
      registry.add(subject, { type: 'record', name: 'Other', fields: [] });
      const { decode, otherwise } = await codec().openReadBack(productTopic, undefined);
      expect([...otherwise(bytes)]).toEqual([]);
      expect(await decode(bytes)).toEqual(product);
      expect([...otherwise(bytes)]).toEqual([{ ...product, note: null }, product]);
    });
  });
});
