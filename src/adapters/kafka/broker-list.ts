import { withoutAccount } from '../../core/without-account.js';

export type BrokerAddress = Readonly<{ host: string; port: number }>;

/** A comma at the end and blanks mean nothing. */
const entriesOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

const problemOf = (entry: string): string | undefined => {
  const shown = `'${withoutAccount(entry)}'`;
  if (entry.includes('://')) return `${shown} begins with a scheme, and takes none`;
  if (entry.includes('@')) return `${shown} holds an account: KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD are for that`;
  // kafkajs takes what stands before the first colon for the host.
  if (entry.startsWith('[') || entry.split(':').length > 2) return `${shown} is an IPv6 address: give the host's name`;
  const [host = '', port] = entry.split(':');
  if (port === undefined) return `${shown} has no port`;
  if (!/^[^\s/]+$/.test(host)) return `${shown} has no host name before its port`;
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) return `${shown} has no port of 1 to 65535`;
  return undefined;
};

/** What keeps a list of brokers from being one, with an example of a right one; undefined where nothing does. */
export const brokerListProblem = (text: string): string | undefined => {
  const entries = entriesOf(text);
  const problem = entries.length === 0 ? 'it names no broker' : entries.map(problemOf).find((found) => found !== undefined);
  return problem === undefined
    ? undefined
    : `${problem}. Brokers are host:port, comma separated, such as kafka1:9092,kafka2:9092`;
};

/** The brokers of a list that has no problem. */
export const brokerList = (text: string): readonly BrokerAddress[] =>
  entriesOf(text).map((entry) => {
    const [host = '', port] = entry.split(':');
    return { host, port: Number(port) };
  });
