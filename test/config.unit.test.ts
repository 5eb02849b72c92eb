import { requireServers, serversGiven } from '../src/config.js';
import type { BridgeError } from '../src/core/errors.js';
import { failureOf } from './contracts/failure.js';
import { configWith } from './support/config.js';

describe('server variables', () => {
  const needing = (servers: Readonly<Record<string, string>>) => configWith({}, { servers });

  it('that are missing are named once, also where two parts of a command need them', async () => {
    const { found } = (await failureOf(() =>
      requireServers(needing({}), ['MYSQL_HOST', 'KAFKA_BROKERS', 'MYSQL_HOST']),
    )) as BridgeError;
    expect(found).toBe('These environment variables are not set: MYSQL_HOST, KAFKA_BROKERS.');
  });

  it('that are missing are named', async () => {
    expect(await failureOf(() => requireServers(needing({ MYSQL_PORT: '3306' }), ['KAFKA_BROKERS', 'MYSQL_HOST']))).toMatchObject(
      {
        code: 'SETTINGS_MISSING',
        found: expect.stringContaining('KAFKA_BROKERS, MYSQL_HOST'),
      },
    );
  });

  it.each([
    ['KAFKA_BROKERS', 'host', 'such as kafka1:9092,kafka2:9092'],
    ['KAFKA_BROKERS', 'PLAINTEXT://host:9092', 'takes none'],
    ['MYSQL_PORT', 'high', 'not a port number'],
  ] as const)('%s that is %j is refused before anybody waits for it', async (name, value, words) => {
    for (const act of [requireServers, serversGiven])
      expect(await failureOf(() => act(needing({ [name]: value }), [name]))).toMatchObject({
        code: 'SETTING_INVALID',
        kind: 'configuration',
        found: expect.stringMatching(new RegExp(`variable ${name} .*${words}`)),
      });
  });

  it('are given as they were read where they are valid', () => {
    const servers = { KAFKA_BROKERS: 'a:9092, b:9092,' };
    expect(requireServers(needing(servers), ['KAFKA_BROKERS'])).toEqual(servers);
  });
});
