import { kafkaClient } from '../../../src/adapters/kafka/client.js';
import { exactProducer } from '../../../src/adapters/kafka/exact-producer.js';
import { kafkaPublisher } from '../../../src/adapters/kafka/publish.js';
import { silentLog } from '../../support/silent-log.js';

const kafka = () => kafkaClient({ brokers: ['127.0.0.1:1'], clientId: 'test', log: silentLog });
const records = [{ partition: 0, records: [{ key: null, value: null }] }];

describe('a producer of the exact encoder', () => {
  it('is made with the installed kafkajs', () => {
    expect(exactProducer(kafka(), { idempotent: true }).isIdempotent()).toBe(true);
  });

  it.each(['2.2.3', '2.2.5', '3.0.0'])('is refused with kafkajs %s, which is named', (version) => {
    expect(() => exactProducer(kafka(), {}, version)).toThrow(
      expect.objectContaining({
        code: 'KAFKAJS_VERSION',
        kind: 'environment',
        found: expect.stringContaining(`kafkajs ${version} is installed`),
        fix: expect.stringContaining('npm ci'),
      }),
    );
  });

  it('is refused when kafkajs has not the part that it hangs on', () => {
    expect(() => exactProducer({} as ReturnType<typeof kafka>, {})).toThrow(/inner parts/);
  });

  it('leaves the client it is made from as it was', () => {
    const client = kafka();
    const before = Reflect.ownKeys(client).map((key) => Reflect.get(client, key));
    exactProducer(client, {});
    expect(Reflect.ownKeys(client).map((key) => Reflect.get(client, key))).toEqual(before);
  });
});

describe('a publisher with another kafkajs', () => {
  it('refuses when it publishes, and not before', async () => {
    jest.doMock('kafkajs/package.json', () => ({ version: '2.3.0' }));
    const publisher = kafkaPublisher(kafka());
    await expect(publisher.publish('t', records)).rejects.toMatchObject({ code: 'KAFKAJS_VERSION', kind: 'environment' });
    await publisher.close();
    jest.dontMock('kafkajs/package.json');
  });
});
