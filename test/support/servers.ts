import { createConnection } from 'mysql2/promise';

/** The real servers of a test run: embedded ones, or containers where ROWBRIDGE_TEST_SERVERS is `docker`. They stop when the run ends. */
export type TestServers = Readonly<{
  kind: 'embedded' | 'docker';
  kafka: Readonly<{ brokers: readonly string[] }>;
  registry: Readonly<{ url: string }>;
  mysql: Readonly<{ host: string; port: number; adminUser: string; adminPassword: string }>;
}>;

const askForServers = async (): Promise<TestServers> => {
  const host = process.env.ROWBRIDGE_TEST_SERVERS_AT;
  if (host === undefined) throw new Error("jest's global set-up has not run: there are no servers");
  const response = await fetch(host);
  const text = await response.text();
  if (!response.ok) throw new Error(`the servers of the test run did not start: ${text}`);
  return JSON.parse(text) as TestServers;
};

let asked: Promise<TestServers> | undefined;

/** The servers, the same for all test files; the first call of a run starts them, which takes some 10 to 30 seconds. */
export const testServers = (): Promise<TestServers> => {
  asked ??= askForServers();
  return asked;
};

let names = 0;

/** A name that no other test, test file or run on the same servers uses. For topics, groups, subjects and databases. */
export const uniqueName = (prefix: string): string => {
  names += 1;
  return `${prefix}_${Date.now().toString(36)}_${process.pid.toString(36)}_${names}`;
};

/** Creates an empty database and gives its name. */
export const freshDatabase = async (prefix: string): Promise<string> => {
  const { mysql } = await testServers();
  const { host, port, adminUser: user, adminPassword: password } = mysql;
  const name = uniqueName(prefix);
  const connection = await createConnection({ host, port, user, password });
  try {
    await connection.query('CREATE DATABASE ??', [name]);
  } finally {
    await connection.end();
  }
  return name;
};
