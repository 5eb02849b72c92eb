import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { escapeId } from 'mysql2';
import { avroCodec } from '../../src/adapters/avro/index.js';
import { kafkaAdmin } from '../../src/adapters/kafka/admin.js';
import { kafkaClient } from '../../src/adapters/kafka/client.js';
import { kafkaPublisher } from '../../src/adapters/kafka/publish.js';
import { kafkaReader } from '../../src/adapters/kafka/reader.js';
import { type Connection, openConnection } from '../../src/adapters/mysql/connect.js';
import { pollingCapture } from '../../src/captures/polling/index.js';
import { decimalText, isDecimal } from '../../src/core/decimal.js';
import { runFeed } from '../../src/core/feed.js';
import type { Row } from '../../src/core/pipeline.js';
import { avro, deadLetterTopicOf, type Topic } from '../../src/core/topic.js';
import { encodeBatch, lanesFor } from '../../src/sinks/json-log/encode-batch.js';
import { type TestDatabase, testDatabase } from '../adapters/mysql/test-database.js';
import { anyColumn, type ColumnKind, KEYS } from '../support/column-kinds.js';
import { memoryPositions } from '../support/memory-feed.js';
import { testServers, uniqueName } from '../support/servers.js';
import { silentLog } from '../support/silent-log.js';

/** ROWBRIDGE_TYPES_RUNS tables are tried, made of ROWBRIDGE_TYPES_SEED. */
const RUNS = Number(process.env.ROWBRIDGE_TYPES_RUNS ?? 40);
const SEED = Number(process.env.ROWBRIDGE_TYPES_SEED ?? Date.now() % 2 ** 31);
const WITHIN_MS = 60_000;

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'a b',
  'a_x20_b',
  "it's",
  'sch\u00f6n',
  '\u4e2d',
  '0',
  '1st',
  'select',
  '"',
  'back`tick',
  '_x',
  'why?',
];

type AnyColumn = Readonly<{ name: string; kind: ColumnKind; nullable: boolean }>;
type AnyTable = Readonly<{ columns: readonly AnyColumn[]; key: (typeof KEYS)[number]; rows: readonly (readonly string[])[] }>;

const shownTable = ({ columns, key, rows }: AnyTable): string =>
  JSON.stringify({ id: key.sqlType, columns: columns.map(({ name, kind, nullable }) => [name, kind.sqlType, nullable]), rows });

const anyTable = (mariadb: boolean): fc.Arbitrary<AnyTable> =>
  fc
    .tuple(fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 9 }), fc.constantFrom(...KEYS))
    .chain(([names, key]) =>
      fc
        .tuple(...names.map((name) => fc.record({ name: fc.constant(name), kind: anyColumn(mariadb), nullable: fc.boolean() })))
        .chain((columns) => {
          const cells = columns.map(({ kind, nullable }) =>
            nullable ? fc.oneof({ weight: 4, arbitrary: kind.literal }, fc.constant('NULL')) : kind.literal,
          );
          return fc
            .array(fc.tuple(...cells), { minLength: 1, maxLength: 6 })
            .map((rows) => ({ columns, key, rows, [fc.toStringMethod]: () => shownTable({ columns, key, rows }) }));
        }),
    );

/** Tells the rows apart. */
const ROW: AnyColumn = { name: 'n', kind: { sqlType: 'INT', literal: fc.constant(''), as: 'number' }, nullable: false };

const fieldText = (line: string, name: string): string => {
  const head = `${JSON.stringify(name)}:`;
  const at = Math.max(line.indexOf(`{${head}`), line.indexOf(`,${head}`));
  expect(at).toBeGreaterThanOrEqual(0);
  return line.slice(at + 1 + head.length);
};

const exists = (day: string): boolean => {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
};

describe('any table', () => {
  let database: TestDatabase;
  let sql: Connection;
  let mariadb: boolean;
  let schemasDirectory: string;
  let registryUrl: string;
  let kafka: ReturnType<typeof kafkaClient>;
  let clients: readonly [ReturnType<typeof kafkaAdmin>, ReturnType<typeof kafkaReader>, ReturnType<typeof kafkaPublisher>];
  const topicName = uniqueName('types');

  beforeAll(async () => {
    process.stderr.write(`random tables: ROWBRIDGE_TYPES_SEED=${SEED} ROWBRIDGE_TYPES_RUNS=${RUNS}\n`);
    const servers = await testServers();
    registryUrl = servers.registry.url;
    database = await testDatabase();
    sql = await openConnection(database.params, { role: 'test of types' });
    mariadb = /mariadb/i.test(String((await sql.query<{ v: string }>('SELECT VERSION() v'))[0]?.v));
    await sql.query("SET @@SESSION.sql_mode = 'ALLOW_INVALID_DATES'");
    schemasDirectory = await mkdtemp(join(tmpdir(), 'rowbridge-types-'));
    kafka = kafkaClient({ brokers: servers.kafka.brokers, clientId: 'types', log: silentLog });
    clients = [kafkaAdmin(kafka), kafkaReader(kafka), kafkaPublisher(kafka)];
    await clients[0].ensureTopics([
      { name: topicName, partitions: 1 },
      { name: deadLetterTopicOf(topicName), partitions: 1 },
    ]);
  });
  afterAll(async () => {
    for (const client of clients ?? []) await client.close();
    await rm(schemasDirectory, { recursive: true, force: true });
    await sql?.close();
    await database?.drop();
  });

  const make = async (table: string, { columns, key, rows }: AnyTable): Promise<void> => {
    const defined = columns.map(
      ({ name, kind, nullable }) => `${escapeId(name, true)} ${kind.sqlType} ${nullable ? 'NULL' : 'NOT NULL'}`,
    );
    const cursor = 'last_updated TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)';
    await sql.query(
      `CREATE TABLE ${table} (id ${key.sqlType} PRIMARY KEY, n INT NOT NULL UNIQUE, ${[...defined, cursor].join(', ')}, KEY (last_updated, id))`,
    );
    const values = rows.map((row, index) => `(${[key.literal(index + 1), index + 1, ...row].join(', ')})`);
    const named = ['id', 'n', ...columns.map(({ name }) => escapeId(name, true))];
    // One statement: all rows have one timestamp, and pages end in the middle of it.
    await sql.query(`INSERT INTO ${table} (${named.join(', ')}) VALUES ${values.join(', ')}`);
  };

  const keyOf = (value: unknown): string =>
    Buffer.isBuffer(value) ? value.toString('hex') : isDecimal(value) ? decimalText(value) : String(value);

  /** The lines of the log that the rows of a table become, by way of a topic. */
  const travel = async (table: string, expected: number): Promise<readonly string[]> => {
    const [, reader, publisher] = clients;
    const topic: Topic<Row> = { name: topicName, partitions: 1, format: avro(`${table}-value`), key: ({ id }) => keyOf(id) };
    const codec = avroCodec({ registryUrl, schemasDirectory, log: silentLog });
    const stop = new AbortController();
    const from = (await reader.endOffsets(topicName)).get(0) ?? 0n;
    const timer = setTimeout(() => stop.abort(), WITHIN_MS);
    let published = 0;
    await runFeed({
      name: table,
      source: pollingCapture({
        name: table,
        connect: () => openConnection(database.params, { role: 'capture of types' }),
        database: database.params.database,
        table,
        cursor: 'last_updated',
        key: 'id',
        schemaFile: join(schemasDirectory, `${table}-value.avsc`),
        everyMs: 20,
        pageRows: 2,
        delayMs: 5_000,
        log: silentLog,
      }),
      topic,
      codec,
      publish: publisher.publish,
      reader,
      positions: memoryPositions(),
      origin: async () => ({}),
      stillOurs: async () => true,
      log: silentLog,
      signal: stop.signal,
      settleMs: 1,
      onPublished: (records) => {
        published += records;
        if (published >= expected) stop.abort();
      },
    });
    clearTimeout(timer);
    const at = { topic: topicName, partition: 0 };
    const { decode } = await avroCodec({ registryUrl, schemasDirectory, log: silentLog }).openDecoder(topic);
    const lines: string[] = [];
    const end = (await reader.endOffsets(topicName)).get(0) ?? 0n;
    for await (const records of reader.readRange(at, from, end))
      for (const { value, offset, timestamp } of records) {
        const result = { value: await decode(value as Buffer), key: null, meta: { ...at, offset, timestamp } };
        lines.push(encodeBatch([result], lanesFor([at], new Map()), 'id').bytes.toString());
      }
    return lines;
  };

  const said = async (table: string, row: number, expression: string): Promise<string | null> => {
    const [found] = await sql.query<{ v: string | null }>(`SELECT CAST(${expression} AS CHAR) v FROM ${table} WHERE n = ${row}`);
    return found?.v ?? null;
  };

  const check = async (table: string, row: number, { name, kind }: AnyColumn, line: string): Promise<void> => {
    const id = escapeId(name, true);
    const text = fieldText(line, name);
    const value: unknown = (JSON.parse(line) as Row)[name];
    const isNull = (await said(table, row, `${id} IS NULL`)) === '1';
    if (isNull) return expect(value).toBeNull();
    const number = /^-?[0-9.]+(?:e[+-]?\d+)?(?=[,}])/.exec(text)?.[0] ?? '';
    switch (kind.as) {
      case 'number':
        return expect(number).toBe((await said(table, row, `${id} + 0`))?.replace(/^(-?)0+(?=\d)/, '$1'));
      case 'same number':
        expect(await said(table, row, `CAST(${id} AS DOUBLE) = ${number.includes('e') ? number : `${number}e0`}`)).toBe('1');
        return expect(Object.is(Number(number), -0)).toBe((await said(table, row, `CAST(${id} AS DOUBLE)`)) === '-0');
      case 'text':
        return expect(Buffer.from(String(value)).toString('hex').toUpperCase()).toBe(
          await said(table, row, `HEX(CONVERT(${id} USING utf8mb4))`),
        );
      case 'bytes':
        return expect(Buffer.from(String(value), 'base64').toString('hex').toUpperCase()).toBe(
          await said(table, row, `HEX(${id})`),
        );
      case 'plain':
      case 'date':
        return expect(value).toBe(await said(table, row, id));
      default: {
        const printed = String(await said(table, row, id));
        const [day = '', clock = ''] = printed.split(' ');
        const [seconds, fraction = ''] = clock.split('.');
        const whole = `${day}T${seconds}.${fraction.padEnd(6, '0')}${kind.as === 'moment' ? 'Z' : ''}`;
        return expect(value).toBe(exists(day) ? whole : printed);
      }
    }
  };

  it(
    'travels exactly to the line of a log',
    async () => {
      await fc.assert(
        fc.asyncProperty(anyTable(mariadb), async (made) => {
          const table = uniqueName('any');
          await make(table, made);
          const lines = await travel(table, made.rows.length);
          expect(lines).toHaveLength(made.rows.length);
          // In the order of the key, which need not be that of the rows.
          const order = await sql.query<{ row: number }>(`SELECT n \`row\` FROM ${table} ORDER BY last_updated, id`);
          for (const [index, { row }] of order.entries())
            for (const column of [ROW, ...made.columns]) await check(table, row, column, lines[index] as string);
          await sql.query(`DROP TABLE ${table}`);
        }),
        { numRuns: RUNS, seed: SEED, endOnFailure: process.env.ROWBRIDGE_TYPES_SHRINK === undefined },
      );
    },
    60_000 + RUNS * 10_000,
  );
});
