import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { avroCodec } from '../../../src/adapters/avro/index.js';
import { registryClient } from '../../../src/adapters/avro/registry.js';
import { avro } from '../../../src/core/topic.js';
import { codecContract, type Product, product, productCase, productTopic } from '../../contracts/codec.contract.js';
import { failureOf } from '../../contracts/failure.js';
import { testServers, uniqueName } from '../../support/servers.js';
import { silentLog } from '../../support/silent-log.js';

const productSchema = join(__dirname, '../../../schemas/product_updates-value.avsc');

const testRegistryUrl = async (): Promise<string> => (await testServers()).registry.url;

codecContract('Avro through a real registry', productCase, async () => {
  const schemasDirectory = await mkdtemp(join(tmpdir(), 'rowbridge-contract-'));
  const subject = `${uniqueName('contract')}-value`;
  const topic = { ...productTopic, format: avro(subject) };
  await copyFile(productSchema, join(schemasDirectory, `${subject}.avsc`));
  const codec = avroCodec({ registryUrl: await testRegistryUrl(), schemasDirectory, log: silentLog });
  return { codec, topic, close: () => rm(schemasDirectory, { recursive: true }) };
});

type Schema = { fields: { name: string; type: unknown; default?: unknown }[] };

describe('a real registry', () => {
  let directory: string;
  let subject: string;
  let schema: Schema;

  const registry = async () => registryClient({ url: await testRegistryUrl() });
  const write = (content: object): Promise<void> => writeFile(join(directory, `${subject}.avsc`), JSON.stringify(content));
  const open = async () =>
    avroCodec({ registryUrl: await testRegistryUrl(), schemasDirectory: directory, log: silentLog }).open<Product>({
      ...productTopic,
      format: avro(subject),
    });
  const changed = (change: (fields: Schema['fields']) => Schema['fields']): Schema => ({
    ...schema,
    fields: change(schema.fields),
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rowbridge-registry-'));
    subject = `${uniqueName('registry')}-value`;
    const product = JSON.parse(await readFile(productSchema, 'utf8')) as Schema;
    // A name of its own: a registry gives one schema one id in all subjects.
    schema = { ...product, namespace: uniqueName('test') } as Schema;
    await write(schema);
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('knows nothing of a new subject', async () => {
    const client = await registry();
    expect(await client.latest(subject)).toBeNull();
    expect(await client.compatibility(subject)).toBeNull();
    expect(await client.schemaOf(2_000_000_000)).toBeNull();
  });

  it('takes a schema once, and is strict from then on', async () => {
    await open();
    const client = await registry();
    const first = await client.latest(subject);
    expect(JSON.parse(first?.schema ?? '')).toEqual(schema);
    expect(await client.compatibility(subject)).toBe('BACKWARD');
    await open();
    expect(await client.latest(subject)).toEqual(first);
  });

  it('takes one schema from many at once', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, open));
    const ids = new Set(opened.map(({ encode }) => encode(product).readInt32BE(1)));
    expect(ids.size).toBe(1);
    expect(await (await registry()).latest(subject)).toMatchObject({ version: 1 });
  });

  it('gives the schemas of older records', async () => {
    const old = (await open()).encode(product);
    await write(changed((fields) => [...fields, { name: 'note', type: ['null', 'string'], default: null }]));
    const { encode, decode } = await open();
    expect(encode({ ...product, note: 'n' } as Product).readInt32BE(1)).not.toBe(old.readInt32BE(1));
    expect(await decode(old)).toStrictEqual({ ...product, note: null });
    expect(await (await registry()).latest(subject)).toMatchObject({ version: 2 });
  });

  it('is asked with the level that somebody else set', async () => {
    const client = await registry();
    await open();
    await client.setCompatibility(subject, 'FULL');
    await write(changed((fields) => [...fields, { name: 'note', type: 'string', default: '' }]));
    await open();
    expect(await client.compatibility(subject)).toBe('FULL');
  });

  it('would take other digits of a decimal, so we refuse them', async () => {
    await open();
    const wider = changed((fields) =>
      fields.map((field) =>
        field.name === 'price' ? { ...field, type: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 4 } } : field,
      ),
    );
    await write(wider);
    const error = await failureOf(open);
    expect(error).toMatchObject({ code: 'SCHEMA_INCOMPATIBLE', kind: 'configuration' });
    expect(error.message).toContain("'price' was decimal(10,2) and is now decimal(12,4)");
    const client = await registry();
    expect(await client.latest(subject)).toMatchObject({ version: 1 });
    // The reason for looking ourselves.
    expect(await client.register(subject, JSON.stringify(wider), 'BACKWARD')).toBeGreaterThan(0);
  });

  it('refuses itself what only a stricter level forbids: 409', async () => {
    await write(changed((fields) => fields.map((field) => (field.name === 'id' ? { ...field, type: 'int' } : field))));
    await open();
    await (await registry()).setCompatibility(subject, 'FULL');
    await write(schema);
    const error = await failureOf(open);
    expect(error).toMatchObject({ code: 'SCHEMA_INCOMPATIBLE', kind: 'configuration' });
    expect(error.message).toContain(subject);
    expect(error.message).toMatch(/id|INT|LONG/);
  });

  it('is not where the URL has no API', async () => {
    const url = (await testRegistryUrl()).replace(/\/apis\/.*$/, '');
    const codec = avroCodec({ registryUrl: url, schemasDirectory: directory, log: silentLog });
    expect(await failureOf(() => codec.open({ ...productTopic, format: avro(subject) }))).toMatchObject({
      code: 'REGISTRY_NOT_FOUND',
      kind: 'configuration',
    });
  });
});
