import { registryAddress } from '../../../src/adapters/avro/registry-url.js';
import type { BridgeError } from '../../../src/core/errors.js';
import { failureOf } from '../../contracts/failure.js';

const basic = (account: string): string => `Basic ${Buffer.from(account).toString('base64')}`;

describe('the address of a registry', () => {
  it.each([
    ['http://host:8081', 'http://host:8081', undefined],
    ['https://host/apis/ccompat/v7/', 'https://host/apis/ccompat/v7', undefined],
    ['http://u:s%40c%2Fr%3At@host:8081/v7', 'http://host:8081/v7', 'u:s@c/r:t'],
    ['http://u:100%@host', 'http://host', 'u:100%'],
    ['http://u:p@ss@host', 'http://host', 'u:p@ss'],
    ['http://token@host', 'http://host', 'token:'],
  ])('%s', (text, url, account) => {
    expect(registryAddress(text)).toEqual({ url, authorization: account === undefined ? undefined : basic(account) });
  });

  it.each([
    ['http://user:se/cret@host', "'…@host'"],
    ['http://user:se#cret@host:8081/v7', "'…@host:8081/v7'"],
    ['http://user:se?cret@host', "'…@host'"],
    ['http://user:1/cret@host', "'…@host'"],
    ['http://user:1#cret@host', "'…@host'"],
    ['http://user:1?cret@host', "'…@host'"],
    ['user:secret@host:8081', "'…@host:8081' is not the URL of a schema registry: it does not begin with http:// or https://"],
    ['localhost:8081', "'localhost:8081' is not the URL of a schema registry: it does not begin with http:// or https://"],
    ['ftp://user:secret@host', "'…@host'"],
    ['host', "'host' is not the URL of a schema registry: it cannot be read as a URL"],
    ['', 'No schema registry is configured.'],
  ])('is refused with words that keep the secret: %s', async (text, words) => {
    const error = (await failureOf(async () => registryAddress(text))) as BridgeError;
    expect(error).toMatchObject({ code: 'REGISTRY_URL_INVALID', kind: 'configuration', found: expect.stringContaining(words) });
    expect(`${error.message} ${error.stack}`).not.toMatch(/cret|user:(?!password)/);
  });
});
