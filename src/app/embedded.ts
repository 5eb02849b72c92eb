import { createHash } from 'node:crypto';
import type { ServerEnvironment } from '../config.js';

/** Where embedded servers are, as the engines tell it. */
export type EngineAddresses = Readonly<{
  kafka: Readonly<{ brokers: readonly string[] }>;
  registry?: Readonly<{ url: string }>;
  mysql?: Readonly<{ host: string; port: number; adminUser: string; adminPassword: string }>;
}>;

/** The accounts' passwords follow from the administrator's, which is random and kept with the data. */
const derived = (secret: string, account: string): string =>
  createHash('sha256').update(`${account}:${secret}`).digest('hex').slice(0, 24);

const databaseEnvironment = ({
  host,
  port,
  adminUser,
  adminPassword,
}: NonNullable<EngineAddresses['mysql']>): Partial<ServerEnvironment> => ({
  MYSQL_HOST: host,
  MYSQL_PORT: String(port),
  MYSQL_USER: 'rowbridge_capture',
  MYSQL_PASSWORD: derived(adminPassword, 'capture'),
  MYSQL_DATABASE: 'rowbridge',
  MYSQL_UPDATER_USER: 'rowbridge_updater',
  MYSQL_UPDATER_PASSWORD: derived(adminPassword, 'updater'),
  MYSQL_ADMIN_USER: adminUser,
  MYSQL_ADMIN_PASSWORD: adminPassword,
});

/** The settings that make every command use the embedded servers that run. */
export const embeddedEnvironment = ({ kafka, registry, mysql }: EngineAddresses): Partial<ServerEnvironment> => ({
  KAFKA_BROKERS: kafka.brokers.join(','),
  ...(registry === undefined ? {} : { SCHEMA_REGISTRY_URL: registry.url }),
  ...(mysql === undefined ? {} : databaseEnvironment(mysql)),
});

const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

/** `export` lines for a shell. */
export const exportLines = (environment: Partial<ServerEnvironment>): string[] =>
  Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`);
