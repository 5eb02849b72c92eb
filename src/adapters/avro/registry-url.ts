import { BridgeError } from '../../core/errors.js';
import { withoutAccount } from '../../core/without-account.js';

/** Where a registry is, without user and password, and the header that says who asks. */
export type RegistryAddress = Readonly<{ url: string; authorization: string | undefined }>;

const invalid = (text: string, problem: string): BridgeError =>
  new BridgeError({
    code: 'REGISTRY_URL_INVALID',
    kind: 'configuration',
    found:
      text === ''
        ? 'No schema registry is configured.'
        : `'${withoutAccount(text)}' is not the URL of a schema registry: ${problem}.`,
    fix:
      'Set SCHEMA_REGISTRY_URL, for example to http://localhost:8081/apis/ccompat/v7 or http://user:password@host/...; ' +
      'in a user and a password write / as %2F, # as %23, ? as %3F, @ as %40 and : as %3A.',
  });

/** A text with a % that begins no escape means itself. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** @throws BridgeError `configuration`, with nothing of user and password in it */
export const registryAddress = (text: string): RegistryAddress => {
  if (!URL.canParse(text)) throw invalid(text, 'it cannot be read as a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw invalid(text, 'it does not begin with http:// or https://');
  // `http://user:1#2@host` is a URL too, of the host `user` and with half a password behind it.
  if (`${url.pathname}${url.search}${url.hash}`.includes('@')) throw invalid(text, 'an @ stands behind the host');
  const account = `${decoded(url.username)}:${decoded(url.password)}`;
  url.username = '';
  url.password = '';
  const authorization = account === ':' ? undefined : `Basic ${Buffer.from(account).toString('base64')}`;
  return { url: url.href.replace(/\/+$/, ''), authorization };
};
