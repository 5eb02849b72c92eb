import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { openConnection } from '../../src/adapters/mysql/connect.js';
import { delayOrAbort } from '../../src/core/delay.js';
import { isTransient } from '../../src/core/errors.js';
import { silentLog } from './silent-log.js';

/** One line of a consumer log, as a plain JSON parser reads it. */
export type LogLine = Readonly<{
  id: number;
  name: string;
  category: string;
  price: number;
  discount_price: number;
  last_updated: string;
  deleted?: boolean;
  _kafka: Readonly<{ topic: string; partition: number; offset: number; timestamp: number }>;
}>;

/** All lines of all logs, by instance. The text of each line is kept for its exact form. */
export const readLogs = (directory: string): ReadonlyMap<string, readonly (LogLine & Readonly<{ text: string }>)[]> => {
  const instances = existsSync(directory)
    ? readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  return new Map(
    instances.map(({ name }) => {
      const rotated = readdirSync(join(directory, name)).filter((file) => /^consumer_log\.\d.*\.json$/.test(file));
      const inOrder = rotated
        .map((file) => file.replace('Z.json', 'Z-1.json'))
        .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
      const files = [...inOrder.map((file) => file.replace('Z-1.json', 'Z.json')), 'consumer_log.json'];
      const paths = files.map((file) => join(directory, name, file)).filter((path) => existsSync(path));
      const lines = paths.flatMap((path) => readFileSync(path, 'utf8').split('\n').slice(0, -1));
      return [name, lines.map((text) => ({ ...(JSON.parse(text) as LogLine), text }))];
    }),
  );
};

/** What the promise of rowbridge comes to, counted: everything but `rows` and `records` must be empty. */
export type Verdict = Readonly<{
  rows: number;
  records: number;
  lines: number;
  lost: string[];
  missing: string[];
  duplicates: string[];
  repeated: string[];
  divergent: string[];
  disordered: string[];
  /** Versions of a row that stand behind a later one of the same row; a replay makes some. */
  backwards: string[];
  /** In the topic, and never committed: found only where a journal of commits is kept. */
  phantoms: string[];
}>;

type Env = Readonly<Record<string, string>>;
type Version = Readonly<{ id: number; name: string; price: string; at: string }>;
type Found = Version & Readonly<{ partition: number; offset: number }>;

const identity = ({ id, at }: Version): string => `${id}@${at}`;
const repeatedIn = (values: readonly string[]): string[] => {
  const seen = new Set<string>();
  return [...new Set(values.filter((value) => seen.size === seen.add(value).size))];
};

type Raw = Readonly<{ id: number; name: string; price: Buffer; last_updated: number }>;

/** The records of the topic as any Confluent client reads them: with the library's own decoding, not ours. */
const readTopic = async (env: Env, topic: string): Promise<Found[]> => {
  const kafka = kafkaClient({ brokers: (env.KAFKA_BROKERS ?? '').split(','), clientId: 'oracle', log: silentLog });
  const reader = kafkaReader(kafka);
  const registry = new SchemaRegistry({ host: env.SCHEMA_REGISTRY_URL ?? '' });
  const found: Found[] = [];
  try {
    for (const [partition, end] of await reader.endOffsets(topic))
      for await (const batch of reader.readRange({ topic, partition }, 0n, end))
        for (const { value, offset } of batch) {
          if (value === null) continue;
          const raw = (await registry.decode(value).catch(() => null)) as Raw | null;
          // Poison that a test has put there; it belongs into the dead letters.
          if (raw === null) continue;
          const price = BigInt(`0x${raw.price.toString('hex') || '0'}`)
            .toString()
            .padStart(3, '0');
          const at = String(raw.last_updated);
          found.push({
            id: raw.id,
            name: raw.name,
            price: `${price.slice(0, -2)}.${price.slice(-2)}`,
            at,
            partition,
            offset: Number(offset),
          });
        }
  } finally {
    await reader.close();
  }
  return found;
};

const readTable = async (env: Env, table: string): Promise<Version[]> => {
  const connection = await openConnection(
    {
      host: env.MYSQL_HOST ?? '',
      port: Number(env.MYSQL_PORT),
      user: env.MYSQL_ADMIN_USER ?? '',
      password: env.MYSQL_ADMIN_PASSWORD ?? '',
      database: env.MYSQL_DATABASE ?? '',
    },
    { role: 'oracle' },
  );
  try {
    const sql = 'SELECT id, name, price, CAST(ROUND(UNIX_TIMESTAMP(last_updated) * 1000000) AS CHAR) at FROM ??';
    return (await connection.query<Version>(sql, [table])).map((row) => ({ ...row, id: Number(row.id) }));
  } finally {
    await connection.close();
  }
};

const microsOfLine = (time: string): string => `${Date.parse(`${time.slice(0, 19)}Z`) / 1000}${time.slice(20, 26)}`;

/** A captured table and its topic. */
export type Captured = Readonly<{ table: string; topic: string }>;

const PRODUCTS: Captured = { table: 'products', topic: 'product_updates' };

/** What is judged, and what is known of it beyond what the servers hold. */
export type Judging = Readonly<{
  captured?: Captured;
  /** False for the name of a row that was never committed under it. */
  mayTravel?(name: string): boolean;
}>;

/** Records of a key that do not come in the order of their timestamps. */
const backwards = (records: readonly Found[]): string[] => {
  const last = new Map<number, bigint>();
  return records.flatMap((record) => {
    const before = last.get(record.id) ?? -1n;
    const at = BigInt(record.at);
    last.set(record.id, at > before ? at : before);
    return at < before ? [identity(record)] : [];
  });
};

/** A server that a test has just started may not be ready yet. */
const patiently = async <T>(read: () => Promise<T>): Promise<T> => {
  for (let left = 40; ; left--) {
    try {
      return await read();
    } catch (error) {
      if (!isTransient(error) || left === 0) throw error;
      await delayOrAbort(250, new AbortController().signal);
    }
  }
};

/**
 * Compares table, topic and logs.
 * @param from offsets per partition where the last replay began; records before count as another replay's
 */
export const judge = async (
  env: Env,
  logsDirectory: string,
  from: ReadonlyMap<number, number> = new Map(),
  { captured: { table, topic } = PRODUCTS, mayTravel = () => true }: Judging = {},
): Promise<Verdict> => {
  const rows = await readTable(env, table);
  const records = await patiently(() => readTopic(env, topic));
  const logs = [...readLogs(logsDirectory).values()].map((log) => log.filter(({ _kafka }) => _kafka.topic === topic));
  const lines = logs.flat().filter(({ deleted }) => deleted !== true);
  const inTopic = new Set(records.map(identity));
  const places = lines.map(({ _kafka: { partition, offset } }) => `${partition}/${offset}`);
  const logged = new Set(places);
  const byPlace = new Map(records.map((record) => [`${record.partition}/${record.offset}`, record]));
  const latest = records.filter(({ partition, offset }) => offset >= (from.get(partition) ?? 0));
  const versions = new Map(records.map((record) => [identity(record), record]));
  const otherPayload = rows.filter((row) => {
    const record = versions.get(identity(row));
    return record !== undefined && (record.name !== row.name || record.price !== row.price);
  });
  const payloads = otherPayload.map(identity);
  return {
    rows: rows.length,
    records: records.length,
    lines: lines.length,
    lost: rows.map(identity).filter((version) => !inTopic.has(version)),
    missing: [...byPlace.keys()].filter((place) => !logged.has(place)),
    duplicates: repeatedIn(places),
    repeated: repeatedIn(latest.map(identity)),
    divergent: payloads.concat(
      lines.flatMap(({ id, name, last_updated, text, _kafka: { partition, offset } }) => {
        const record = byPlace.get(`${partition}/${offset}`);
        const same =
          record !== undefined &&
          record.id === id &&
          record.name === name &&
          record.at === microsOfLine(last_updated) &&
          text.includes(`"price":${record.price},`);
        return same ? [] : [text];
      }),
    ),
    phantoms: records.filter(({ name }) => !mayTravel(name)).map(({ name }) => name),
    disordered: backwards(latest).concat(
      logs.flatMap((log) => {
        const last = new Map<number, number>();
        return log.flatMap(({ text, _kafka: { partition, offset } }) => {
          const before = last.get(partition) ?? -1;
          last.set(partition, offset);
          return offset > before ? [] : [text];
        });
      }),
    ),
    backwards: backwards(records),
  };
};

/** The verdict of a system that kept its promise. */
export const clean = { lost: [], missing: [], duplicates: [], repeated: [], divergent: [], disordered: [], phantoms: [] };
